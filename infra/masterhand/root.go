package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"masterhand/shared/kit/version"
)

// group is a heading in the help, with the commands that are listed below it.
type group struct {
	title    string
	commands []*cobra.Command
	offline  []*cobra.Command // commands that work without a deployment
}

// groups returns the commands that work on a deployment or on a library, under their headings.
func groups(s *session) []group {
	return []group{
		{"Requests", []*cobra.Command{requestsCommand(s), traceCommand(s), explainCommand(s), pageCommand(s), logsCommand(s)}, nil},
		{"Library", []*cobra.Command{uploadCommand(s), unplacedCommand(s), placeCommand(s), ignoreCommand(s), coverageCommand(s), reindexCommand(s), connectCommand(s)}, []*cobra.Command{namesCommand(s), probeCommand(s)}},
		{"Announcements", []*cobra.Command{intakeCommand(s)}, nil},
		{"Secrets", []*cobra.Command{secretCommand(s), secretsCommand(s), secretDropCommand(s), accessCommand(s)}, nil},
		{"Deployment", []*cobra.Command{deployCommand(s), urlCommand(s), smokeCommand(s), redriveCommand(s), destroyCommand(s)}, nil},
	}
}

// intakeCommand returns the command "intake". Its subcommands concern files that other platforms
// announce.
func intakeCommand(s *session) *cobra.Command {
	return parent(s, &cobra.Command{
		Use: "intake", Short: "Manage the files that other platforms announce",
	}, intakeListCommand(s), intakeShowCommand(s), intakeReplayCommand(s), intakeURLCommand(s),
		intakeTokenCommand(s), intakeTokensCommand(s), intakeTokenDropCommand(s), intakeVerifierCommand(s))
}

// newRoot returns the root command with all other commands. Each command line needs a new root,
// because the flags of a command keep the values of an earlier command line.
func newRoot(s *session) *cobra.Command {
	root := parent(s, &cobra.Command{
		Use: "masterhand", Short: "Hand original files to the platforms that ask for them",
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return s.openNamed(c) },
	})
	root.Long = "Hands original video and image files to the platforms that ask for them."
	root.SetIn(s.in)
	root.SetOut(s.Out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(strings.NewReplacer(".FlagUsages ", ".FlagUsagesWrapped 80 ",
		`"{{.CommandPath}} [`, `"`+program()+`{{slice .CommandPath (len .Root.Name)}} [`).Replace(root.UsageTemplate()))
	all := groups(s)
	for _, g := range all {
		for _, c := range g.commands {
			s.define(c)
		}
	}
	for _, g := range slices.Concat([]group{{title: "On this machine", offline: commandsHere(s)}}, all) {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, c := range slices.Concat(g.commands, g.offline) {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.AddCommand(manCommand(), versionCommand())
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Short, help.Long, help.Example = "Show the help of a command", "", examples("help intake list")
	help.Args = func(_ *cobra.Command, args []string) error {
		if at, rest, _ := root.Find(args); len(rest) > 0 {
			return unknownCommand(at, rest[0])
		}
		return nil
	}
	return root
}

// manCommand returns the command that writes the help of each command as a man page.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write a man page for each command into a folder", Args: takes(1, 1, "one folder"),
		Example: examples("man /usr/local/share/man/man1"),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			root.DisableAutoGenTag = true
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "masterhand"}, args[0])
		},
	}
}

// versionCommand returns the command that prints the version of this program.
func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: takes(0, 0, "no arguments"),
		Example: examples("version"),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "masterhand", version.Number)
			return err
		},
	}
}
