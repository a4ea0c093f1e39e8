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

// errUsage is the error of a command line that cannot be understood. Messages about it
// never repeat a value, or a word longer than every known one: somebody may have pasted a
// secret.
var errUsage = errors.New("wrong arguments")

// program is the start of a command line that runs this program once more: its path as
// somebody typed it, or "go run" for a file that "go run" has built for one run.
func program() string {
	folder := filepath.Base(filepath.Dir(os.Args[0]))
	if strings.Contains(os.Args[0], "go-build") || strings.HasSuffix(folder, "-d") && len(folder) > 60 {
		return "go run ./infra/masterhand"
	}
	return os.Args[0]
}

// typed returns a command line of this program as it can be typed, for messages and help.
func typed(line string) string { return program() + " " + line }

// examples returns command lines of this program for a command's help.
func examples(lines ...string) string {
	for i, line := range lines {
		lines[i] = "  " + typed(line)
	}
	return strings.Join(lines, "\n")
}

// wrapped fills the paragraphs of a help text to 80 columns. A paragraph with columns of
// its own stays as it is.
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

// takes returns a check that a command gets min to max arguments, the first of them one of
// its ValidArgs if it has some; what names the arguments.
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

// takesNone is the check of a command without arguments.
var takesNone = takes(0, 0, "no arguments")

// parent adds subcommands to a command that does nothing by itself: it says that a command
// is missing, and shows them all, or that one is unknown.
func parent(s *session, c *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.FParseErrWhitelist.UnknownFlags = true // the unknown command is the mistake to report
	c.SuggestionsMinimumDistance = 2
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		fmt.Fprintln(s.err, c.UsageString())
		return fmt.Errorf("%w: expected a command", errUsage)
	}
	c.AddCommand(subcommands...)
	return c
}

func unknownCommand(c *cobra.Command, word string) error {
	longest := 0
	for _, sub := range c.Commands() {
		longest = max(longest, len(sub.Name()))
	}
	if len(word) > longest {
		return fmt.Errorf("%w: unknown command (not shown: longer than any)", errUsage)
	}
	hint := ""
	if near := c.SuggestionsFor(word); len(near) > 0 {
		hint = "; did you mean " + near[0] + "?"
	}
	return fmt.Errorf("%w: unknown command %s%s", errUsage, printable(word), hint)
}

// oneOf adds a flag with a closed set of values, which shell completion offers.
func oneOf(c *cobra.Command, value *string, name, usage string, values []string) {
	list := strings.Join(values, ", ")
	c.Flags().Var(checked{"", func(text string) error {
		if *value = text; !slices.Contains(values, text) {
			return fmt.Errorf("must be one of %s", list)
		}
		return nil
	}}, name, usage+": "+list)
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
}

// within adds a flag for a number from min to max; a max of 0 is none.
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

// checked is the value of a flag that set takes or refuses.
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

// flagError says what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
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
		return fmt.Errorf("%w: unknown flag%s", errUsage, unknownFlag(c, unknown))
	}
	return fmt.Errorf("%w: a flag looks like --name or --name=value", errUsage)
}

var (
	errNoSwitch = errors.New("takes no value but =true or =false")
	errNoNumber = errors.New("must be a number")
	errNoSpan   = errors.New("must be a time span such as 10m or 36h")
)

// expectedValue says which values a flag takes. The errors of our own flags say it
// themselves; those of package pflag repeat the value.
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

// unknownFlag names an unknown flag, and explains one that has only one dash.
func unknownFlag(c *cobra.Command, e *pflag.NotExistError) string {
	longest := 0
	c.Flags().VisitAll(func(f *pflag.Flag) { longest = max(longest, len(f.Name)) })
	name, _, _ := strings.Cut(cmp.Or(e.GetSpecifiedShortnames(), e.GetSpecifiedName()), "=")
	switch {
	case len(name) > longest:
		return " (not shown: longer than any)"
	case e.GetSpecifiedShortnames() == "":
		return " --" + printable(name)
	case c.Flags().Lookup(name) != nil:
		return " -" + name + ": write --" + name
	}
	return " -" + printable(name)
}
