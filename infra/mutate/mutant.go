package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// state is the result of trying a mutant.
type state string

const (
	killed   state = "killed"
	survived state = "survived"
	// the mutant is not tried, because equivalent.tsv lists it as behaving like the original
	equivalent state = "equivalent"
	rejected   state = "rejected" // the compiler rejects the mutant
)

// mutant is one small fault in the source.
type mutant struct {
	ID       int    `json:"id"`   // number within its package, from 1
	File     string `json:"file"` // path relative to the module's root
	Line     int    `json:"line"`
	Operator string `json:"operator"`
	Change   string `json:"change"`
	Source   string `json:"source"` // the line of source code with the fault, trimmed
	State    state  `json:"state,omitempty"`
	By       string `json:"by,omitempty"` // the package whose test detected the mutant

	path  string
	sum   string // hash of the file's content
	edits []edit // the changes of the source that make the mutant
}

func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d: %s: %s    [%s]", m.File, m.Line, m.Operator, m.Change, m.Source)
}

// alone reports whether the mutant needs a separate build. Only a mutant of a constant needs one.
func (m *mutant) alone() bool { return m.Operator == constant }

// The operators. An operator is a kind of fault that makes a mutant.
const (
	comparison = "comparison" // the comparison is negated: == becomes !=, < becomes >=, and so on
	// the result of a comparison changes for equal values: < becomes <=, <= becomes <, and so on;
	// t.Before(u) and t.After(u) become true for equal times
	boundary    = "boundary"
	boolean     = "boolean"           // a condition is negated, true becomes false, or one side of && or || is dropped
	earlyReturn = "early return"      // a branch that ends with return, continue or break is never taken
	removed     = "removed statement" // a statement is removed: an assignment, a call, go, defer, x++ or a send
	constant    = "constant"          // the integer n becomes 2n+1
)

// maker walks through one file and collects its mutants.
type maker struct {
	files   *token.FileSet
	file    string
	path    string
	sum     string
	source  []byte
	lines   []string
	mutants *[]*mutant
}

// mutantsOf returns the mutants of a package's files, in source order.
func mutantsOf(p *golang) ([]*mutant, error) {
	var all []*mutant
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m := maker{files: token.NewFileSet(), path: path, sum: digest(source), source: source, mutants: &all}
		if m.file, err = filepath.Rel(p.Module.Dir, path); err != nil {
			return nil, err
		}
		m.lines = strings.Split(string(source), "\n")
		tree, err := parser.ParseFile(m.files, path, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			ast.Inspect(d, m.visit)
		}
	}
	return all, nil
}

func (m *maker) at(p token.Pos) int { return m.files.Position(p).Offset }

func (m *maker) text(n ast.Node) string { return string(m.source[m.at(n.Pos()):m.at(n.End())]) }

// add records a mutant and gives it the next id. The function edits gets this id and returns the
// changes of the source that make the mutant.
func (m *maker) add(n ast.Node, operator, change string, edits func(id int) []edit) {
	id, line := len(*m.mutants)+1, m.files.Position(n.Pos()).Line
	*m.mutants = append(*m.mutants, &mutant{
		ID: id, File: m.file, Line: line, Operator: operator, Change: strings.Join(strings.Fields(change), " "),
		Source: strings.TrimSpace(m.lines[line-1]), path: m.path, sum: m.sum, edits: edits(id),
	})
}

// wrap adds a mutant of an expression. The changed source passes the expression to the function
// with the given name. This function returns the expression's value unless the mutant is active.
func (m *maker) wrap(n ast.Node, operator, change, function string) {
	m.add(n, operator, change, func(id int) []edit {
		return around(m.at(n.Pos()), m.at(n.End()), fmt.Sprintf("%s(%d, ", function, id), ")")
	})
}

// visit adds the mutants of one node. It reports whether to visit the node's children.
func (m *maker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		if n.Tok == token.CONST { // in a const declaration only numbers become mutants, because a function call is not allowed there
			for _, s := range n.Specs {
				for _, v := range s.(*ast.ValueSpec).Values {
					ast.Inspect(v, m.number)
				}
			}
			return false
		}
		return n.Tok != token.IMPORT && n.Tok != token.TYPE
	case *ast.BasicLit:
		return m.number(n)
	case *ast.Ident:
		if n.Name == "true" || n.Name == "false" {
			m.wrap(n, boolean, n.Name+" → "+map[string]string{"true": "false", "false": "true"}[n.Name], "mutantNot")
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			m.wrap(n, boolean, m.text(n)+" → "+m.text(n.X), "mutantNot")
		}
	case *ast.BinaryExpr:
		m.binary(n)
	case *ast.CallExpr:
		m.times(n)
	case *ast.IfStmt:
		m.condition(n.Cond, leaves(n.Body.List))
	case *ast.ForStmt:
		if n.Cond != nil {
			m.condition(n.Cond, false)
		}
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			clause := clause.(*ast.CaseClause)
			for _, c := range clause.List {
				if n.Tag == nil {
					m.condition(c, leaves(clause.Body))
				}
			}
		}
	case *ast.ReturnStmt:
		return !isFault(n)
	case *ast.BlockStmt:
		m.statements(n.List)
	case *ast.CaseClause:
		m.statements(n.Body)
	case *ast.CommClause:
		m.statements(n.Body)
	}
	return true
}

// number adds the mutant of an integer literal.
func (m *maker) number(n ast.Node) bool {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.INT {
		return true
	}
	value, err := strconv.ParseInt(lit.Value, 0, 62)
	if err != nil {
		return true
	}
	other := strconv.FormatInt(2*value+1, 10)
	m.add(lit, constant, lit.Value+" → "+other, func(int) []edit {
		return []edit{{start: m.at(lit.Pos()), end: m.at(lit.End()), text: other}}
	})
	return true
}

// opposites maps each comparison to its opposite.
var opposites = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.GEQ, token.GEQ: token.LSS, token.GTR: token.LEQ, token.LEQ: token.GTR,
}

// neighbours maps each ordering operator to the operator that differs only at the boundary, such as
// < to <=.
var neighbours = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
}

func (m *maker) binary(n *ast.BinaryExpr) {
	with := func(op token.Token) string { return m.text(n) + " → " + op.String() }
	if op, ok := opposites[n.Op]; ok {
		m.wrap(n, comparison, with(op), "mutantNot")
	}
	if op, ok := neighbours[n.Op]; ok {
		m.add(n, boundary, with(op), func(id int) []edit {
			return append(around(m.at(n.Pos()), m.at(n.End()), fmt.Sprintf("mutantOrder(%d, ", id), ")"),
				edit{start: m.at(n.OpPos), end: m.at(n.OpPos) + len(n.Op.String()), text: fmt.Sprintf(", %q, ", n.Op)})
		})
	}
	neutral := map[token.Token]string{token.LAND: "mutantTrue", token.LOR: "mutantFalse"}[n.Op]
	if neutral == "" {
		return
	}
	for _, side := range []ast.Expr{n.X, n.Y} {
		m.wrap(side, boolean, m.text(side)+" is dropped", neutral)
	}
}

// times adds a mutant of x.Before(y) or of x.After(y) that is also true if x and y are equal.
func (m *maker) times(n *ast.CallExpr) {
	f, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || len(n.Args) != 1 || f.Sel.Name != "Before" && f.Sel.Name != "After" {
		return
	}
	m.add(n, boundary, m.text(n)+" → also when equal", func(id int) []edit {
		return append(around(m.at(n.Pos()), m.at(n.End()), fmt.Sprintf("mutantTimes(%d, ", id), ""),
			edit{start: m.at(f.X.End()), end: m.at(n.Args[0].Pos()), text: fmt.Sprintf(", %q, ", f.Sel.Name)})
	})
}

// condition adds the mutants of the condition c of a statement. The parameter early says whether
// the branch below the condition ends with return, continue or break.
func (m *maker) condition(c ast.Expr, early bool) {
	if early {
		m.wrap(c, earlyReturn, m.text(c)+" → false", "mutantFalse")
	}
	switch c.(type) {
	case *ast.Ident, *ast.CallExpr, *ast.SelectorExpr, *ast.IndexExpr:
		m.wrap(c, boolean, m.text(c)+" → negated", "mutantNot")
	}
}

// isFault reports whether a return statement returns only literals and an error. Callers ignore the
// literals because of the error, so mutants of the literals would be useless.
func isFault(r *ast.ReturnStmt) bool {
	for _, v := range r.Results[:max(0, len(r.Results)-1)] {
		if _, plain := v.(*ast.BasicLit); !plain {
			return false
		}
	}
	if len(r.Results) < 2 {
		return false
	}
	last, ok := r.Results[len(r.Results)-1].(*ast.Ident)
	return ok && strings.HasPrefix(last.Name, "err")
}

// leaves reports whether the last statement of a branch leaves the function or the loop.
func leaves(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch body[len(body)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// statements adds the mutants that remove one statement.
func (m *maker) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if name, ok := s.Lhs[0].(*ast.Ident); s.Tok == token.DEFINE || len(s.Lhs) == 1 && ok && name.Name == "_" {
				continue
			}
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && m.text(call.Fun) == "panic" {
				continue // a call of panic stays: without it, a function that ends with it might not compile
			}
		case *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt:
		default:
			continue
		}
		m.add(s, removed, m.text(s)+" is removed", func(id int) []edit {
			return around(m.at(s.Pos()), m.at(s.End()), fmt.Sprintf("if mutantKeep(%d) { ", id), " }")
		})
	}
}
