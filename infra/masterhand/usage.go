package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errUsage is the error of a wrong command line. Its messages never contain a flag's value, and
// never a word that is longer than every known word, because somebody may have pasted a secret.
var errUsage = errors.New("wrong arguments")

// program returns the words that run this program again, for printed command lines. These words are
// the path that the user typed, or "go run ./infra/masterhand" if "go run" built the program.
func program() string {
	folder := filepath.Base(filepath.Dir(os.Args[0]))
	if strings.Contains(os.Args[0], "go-build") || strings.HasSuffix(folder, "-d") && len(folder) > 60 {
		return "go run ./infra/masterhand"
	}
	return os.Args[0]
}

// typed returns a command line of this program for messages and help, in the form in which the user
// can type it.
func typed(line string) string { return program() + " " + line }

// examples returns command lines of this program, one on each line, for the examples in the help of
// a command.
func examples(lines ...string) string {
	for i, line := range lines {
		lines[i] = "  " + typed(line)
	}
	return strings.Join(lines, "\n")
}

// wrapped breaks the paragraphs of a help text into lines of at most 80 columns. A paragraph with
// two spaces in a row, for example a table, does not change.
func wrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if strings.Contains(p, "  ") {
			continue
		}
		line, lines := "", []string(nil)
		for word := range strings.FieldsSeq(p) {
			if line != "" && utf8.RuneCountInString(line+" "+word) > 80 {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		paragraphs[i] = strings.Join(append(lines, line), "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}

// takes returns a function that checks the arguments of a command. There must be min to max
// arguments. If the command has ValidArgs, the first argument must be one of these. The parameter
// what describes the expected arguments, for the error's text.
func takes(min, max int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < min || len(args) > max {
			return fmt.Errorf("%w: expected %s, got %d", errUsage, what, len(args))
		}
		if len(args) > 0 && c.ValidArgs != nil && !slices.Contains(c.ValidArgs, args[0]) {
			first := strings.Fields(c.Use)[1]
			return fmt.Errorf("%w: %s must be one of %s", errUsage, strings.Trim(first, "[]"), strings.Join(c.ValidArgs, ", "))
		}
		return nil
	}
}

// takesNone refuses all arguments.
var takesNone = takes(0, 0, "no arguments")

// parent adds subcommands to a command that does nothing itself. If the command runs without a
// subcommand, it prints its usage and returns an error. An unknown subcommand is an error too.
func parent(s *session, c *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	// With an unknown subcommand, its flags are unknown too. Cobra must not report them, so that
	// RunE can report the subcommand.
	c.FParseErrWhitelist.UnknownFlags = true
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		if err := checkFlags(c, s.args); err != nil {
			return err
		}
		fmt.Fprintln(s.err, c.UsageString())
		return fmt.Errorf("%w: expected a command", errUsage)
	}
	c.AddCommand(subcommands...)
	return c
}

// checkFlags returns an error if args contains a flag that neither the command nor one of its
// subcommands has.
func checkFlags(c *cobra.Command, args []string) error {
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		known.AddFlagSet(c.Flags())
		for _, sub := range c.Commands() {
			add(sub)
		}
	}
	add(c)
	if err := known.Parse(args); err != nil {
		return flagErrorOf(known, err)
	}
	return nil
}

func unknownCommand(c *cobra.Command, word string) error {
	longest := 0
	var names []string
	for _, sub := range c.Commands() {
		names, longest = append(names, sub.Name()), max(longest, len(sub.Name()))
	}
	if len(word) > longest {
		return fmt.Errorf("%w: unknown command (not shown, because it is longer than any known command and may be a secret)", errUsage)
	}
	hint := ""
	if near := nearest(word, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return fmt.Errorf("%w: unknown command %s%s", errUsage, printable(word), hint)
}

// nearest returns the name that a user who typed word probably meant. The name begins with word, or
// differs from word in at most two letters and in less than half of the letters of word. If there
// is no such name, nearest returns "".
func nearest(word string, names []string) string {
	c := &cobra.Command{SuggestionsMinimumDistance: min(2, (len(word)-1)/2)}
	for _, name := range names {
		// The command needs a Run function, because cobra suggests only commands that can run.
		c.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	if near := c.SuggestionsFor(word); word != "" && len(near) > 0 {
		return near[0]
	}
	return ""
}

// oneOf adds a flag that accepts only the listed values. Shell completion suggests them.
func oneOf(c *cobra.Command, value *string, name, usage string, values []string) {
	list := strings.Join(values, ", ")
	c.Flags().Var(checked{"", func(text string) error {
		if *value = text; !slices.Contains(values, text) {
			return fmt.Errorf("must be one of %s", list)
		}
		return nil
	}}, name, usage+": "+list)
	// The error is ignored: it occurs only for a flag that the command does not have.
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// within adds a flag that accepts a number from min to max. If max is 0, there is no upper limit.
func within(c *cobra.Command, value *int, name string, unlessGiven, min, max int, usage string) {
	*value = unlessGiven
	c.Flags().Var(checked{strconv.Itoa(unlessGiven), func(text string) (err error) {
		switch *value, err = strconv.Atoi(text); {
		case err != nil:
			return errNoNumber
		case max == 0 && *value < min:
			return fmt.Errorf("must be at least %d", min)
		case max != 0 && (*value < min || *value > max):
			return fmt.Errorf("must be %s to %s", grouped(min), grouped(max))
		}
		return nil
	}}, name, usage)
}

// checked is the value of a flag. The function set stores a valid text, and returns an error for
// any other text.
type checked struct {
	unlessGiven string
	set         func(string) error
}

// Set implements [pflag.Value].
func (v checked) Set(text string) error { return v.set(text) }

// String implements [pflag.Value].
func (v checked) String() string { return v.unlessGiven }

// Type implements [pflag.Value].
func (checked) Type() string { return "value" }

// flagError returns the message for a flag that pflag refused. The message does not contain the
// value of the flag.
func flagError(c *cobra.Command, err error) error { return flagErrorOf(c.Flags(), err) }

// flagErrorOf is like flagError, but for a set of flags instead of a command.
func flagErrorOf(flags *pflag.FlagSet, err error) error {
	var (
		invalid *pflag.InvalidValueError
		absent  *pflag.ValueRequiredError
		unknown *pflag.NotExistError
	)
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("%w: --%s %w", errUsage, invalid.GetFlag().Name, expectedValue(invalid))
	case errors.As(err, &absent):
		return fmt.Errorf("%w: --%s needs a value", errUsage, absent.GetFlag().Name)
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: unknown flag%s", errUsage, unknownFlag(flags, unknown))
	}
	return fmt.Errorf("%w: a flag looks like --name or --name=value", errUsage)
}

var (
	errNoSwitch = errors.New("must have no value, or =true or =false")
	errNoNumber = errors.New("must be a number")
	errNoSpan   = errors.New("must be a time span such as 10m or 36h")
)

// expectedValue returns an error that says which values a flag accepts. It replaces the errors of
// package pflag, because they repeat the refused value, which may be a secret. It returns an error
// of this program's own flags unchanged.
func expectedValue(e *pflag.InvalidValueError) error {
	switch e.GetFlag().Value.Type() {
	case "bool":
		return errNoSwitch
	case "duration":
		return errNoSpan
	}
	if _, is := errors.AsType[*strconv.NumError](e.Unwrap()); is {
		return errNoNumber
	}
	return e.Unwrap()
}

// unknownFlag returns the text for a message that names an unknown flag. If the user typed only one
// dash before a long name, the text also has the correct spelling.
func unknownFlag(flags *pflag.FlagSet, e *pflag.NotExistError) string {
	longest := 0
	flags.VisitAll(func(f *pflag.Flag) { longest = max(longest, len(f.Name)) })
	name, _, _ := strings.Cut(cmp.Or(e.GetSpecifiedShortnames(), e.GetSpecifiedName()), "=")
	switch {
	case len(name) > longest:
		return " (not shown, because it is longer than any known flag and may be a secret)"
	case e.GetSpecifiedShortnames() == "":
		return " --" + printable(name)
	case flags.Lookup(name) != nil:
		return " -" + name + ": write --" + name
	}
	return " -" + printable(name)
}
