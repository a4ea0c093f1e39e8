package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
	"masterhand/infra/settings"
)

func deployCommand(s *session) *cobra.Command {
	var o deployOptions
	c := &cobra.Command{
		Use: "deploy [NAME] [-- FLAG-OF-CDK…]", Short: "Show the settings that a deployment changes, ask, and deploy",
		DisableFlagsInUseLine: true,
		Long: `Reads the settings of the environment NAME (production unless given) from
` + settings.Folder + `/NAME.json and from -c, and shows how they differ from the settings
of the deployed stack. Then runs "npx cdk deploy" for the environment, with the
arguments after --.

The command asks first if the deployment would lose a masters bucket or its key, a
library or its prefix, reserved executions, or an email subscription. It also asks
if the deployed stack has no record of its settings, because an older version
deployed it.`,
		Example: examples("deploy staging --dry-run", "deploy staging -c logDays=90"),
	}
	c.Args = func(c *cobra.Command, args []string) error { return o.take(s, c, args) }
	c.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case s.asJSON && !o.yes && !o.dryRun:
			return errJSONAsks
		case s.localFlag.given:
			return fmt.Errorf("%w: %q starts a system on this machine", errAWSOnly, typed("up"))
		}
		return s.deploy(c.Context(), o)
	}
	flags := c.Flags()
	flags.StringArrayVarP(&o.told, "context", "c", nil, "`SETTING=VALUE` that replaces the file's value for this deployment")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show the settings that change")
	flags.BoolVar(&o.yes, "yes", false, "do not ask, and keep CDK from asking")
	s.withJSON(c, "a line of JSON for the environment and for each changed setting; needs --yes or --dry-run")
	return c
}

type deployOptions struct {
	told        []string // values of the flag -c, each SETTING=VALUE
	dryRun, yes bool

	context map[string]string // value of the flag -c, by the setting's name
	ofCDK   []string          // arguments after --, which are passed to CDK
}

// take reads the environment's name and, after --, the arguments for CDK.
func (o *deployOptions) take(s *session, c *cobra.Command, args []string) error {
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		args, o.ofCDK = args[:dash], args[dash:]
	}
	if err := takes(0, 1, "at most one NAME, and CDK's flags after --")(c, args); err != nil {
		return err
	}
	if len(args) == 1 {
		if c.Flags().Changed("name") && s.name != args[0] {
			return fmt.Errorf("%w: NAME and --name give different environments: give only NAME", errUsage)
		}
		s.name = args[0]
	}
	for _, arg := range o.ofCDK {
		if strings.HasPrefix(arg, "-c") || strings.HasPrefix(arg, "--context") {
			return fmt.Errorf("%w: give -c before --, so that this command can show the change", errUsage)
		}
	}
	o.context = map[string]string{}
	for _, told := range o.told {
		setting, value, is := strings.Cut(told, "=")
		if !is || setting == "" {
			return fmt.Errorf("%w: -c needs SETTING=VALUE", errUsage)
		}
		if setting == "name" {
			return fmt.Errorf("%w: give the environment as NAME, not with -c", errUsage)
		}
		o.context[setting] = value
	}
	o.context["name"] = s.name
	return nil
}

// deploy compares the new settings with those of the deployed stack, asks for confirmation if the
// deployment would lose something, and runs CDK.
func (s *session) deploy(ctx context.Context, o deployOptions) error {
	folder, err := s.project()
	if err != nil {
		return err
	}
	context, err := settings.Context(folder, o.context)
	if err != nil {
		return err
	}
	next, err := settings.Load(folder, context)
	if err != nil {
		return fmt.Errorf("settings of %s:\n%w", s.name, err)
	}
	s.nameGiven = true // otherwise the method open could select a system on this machine
	if err := s.open(ctx); err != nil {
		return err
	}
	found, err := s.compare(ctx, next.Record())
	if err != nil {
		return err
	}
	if err := s.showComparison(found); err != nil || o.dryRun {
		return err
	}
	if question := found.question(); question != "" && !o.yes {
		if err := s.mustAgree(question); err != nil {
			return err
		}
	}
	return s.runDeploy(ctx, folder, o)
}

// runDeploy runs CDK with the account and the region in which the method compare looked for the
// stack.
func (s *session) runDeploy(ctx context.Context, folder string, o deployOptions) error {
	args := []string{"deploy"}
	for _, setting := range slices.Sorted(maps.Keys(o.context)) {
		args = append(args, "-c", setting+"="+o.context[setting])
	}
	if s.profile != "" {
		args = append(args, "--profile", s.profile)
	}
	if o.yes && !slices.ContainsFunc(o.ofCDK, func(arg string) bool { return strings.HasPrefix(arg, "--require-approval") }) {
		args = append(args, "--require-approval", "never")
	}
	out := s.Out
	if s.asJSON {
		out = s.err
	}
	environment := []string{"AWS_REGION=" + s.aws.Region, "AWS_DEFAULT_REGION=" + s.aws.Region}
	if err := s.cdk(ctx, folder, environment, out, append(args, o.ofCDK...)); err != nil {
		return fmt.Errorf("npx cdk deploy: %w (\"npm ci\" installs CDK's command)", err)
	}
	return nil
}

// comparison is the result of comparing the deployed stack's settings with the new settings.
type comparison struct {
	stack    string
	deployed bool              // whether the stack exists
	recorded bool              // whether the stack has a record of its settings; if not, changes lists all new settings
	bucket   string            // name of the masters bucket of the deployed stack
	changes  []settings.Change // the settings that differ, sorted by name
}

// compare compares the settings of the deployed stack with the new settings. The parameter next has
// the new settings.
func (s *session) compare(ctx context.Context, next settings.Record) (comparison, error) {
	stack, outputs, _, err := s.stack(ctx)
	found := comparison{stack: stack, deployed: err == nil, bucket: outputs["MastersBucket"]}
	if err != nil && !errors.Is(err, errNoStack) && !errors.Is(err, errNeverStood) {
		return comparison{}, err
	}
	before := settings.Record{}
	if text, is := outputs[settings.Output]; is {
		if err := before.UnmarshalText([]byte(text)); err != nil {
			return comparison{}, fmt.Errorf("%s: the output %s cannot be read: %w", stack, settings.Output, err)
		}
		found.recorded = true
	}
	found.changes = before.Changes(next)
	if !found.recorded { // without a record the old values are unknown, so no change is reported as a loss
		for i := range found.changes {
			found.changes[i].Loses = ""
		}
	}
	return found, nil
}

// losses returns one sentence for each changed setting that makes the deployment lose something.
func (c comparison) losses() (all []string) {
	for _, change := range c.changes {
		if change.Loses != "" {
			all = append(all, printable(change.Loses))
		}
	}
	return all
}

// question returns the question that the operator must confirm before CDK runs, or "" if the
// deployment loses nothing.
func (c comparison) question() string {
	switch losses := c.losses(); {
	case c.deployed && !c.recorded:
		return fmt.Sprintf("%s has no record of its settings, because an older version deployed it. Its masters are in bucket %s. "+
			"The deployment loses every setting of the stack that is missing here. Deploy?", c.stack, c.bucket)
	case len(losses) > 0:
		return fmt.Sprintf("%s would lose\n  %s\nDeploy?", c.stack, strings.Join(losses, "\n  "))
	}
	return ""
}

// showComparison prints the settings that differ.
func (s *session) showComparison(found comparison) error {
	if s.asJSON {
		return s.comparisonLines(found)
	}
	switch {
	case !found.deployed:
		s.printf("%s is not deployed yet; its settings:\n", found.stack)
	case !found.recorded:
		s.printf("%s has no record of its settings; the settings to deploy:\n", found.stack)
	case len(found.changes) == 0:
		s.printf("%s: no setting changes\n", found.stack)
		return nil
	default:
		s.printf("%s: %s\n", found.stack, screen.Plural(len(found.changes), "setting")+" to change")
	}
	table := screen.NewTable("SETTING", "DEPLOYED", "NEXT", "LOSES").Whole("SETTING")
	for _, c := range found.changes {
		row := screen.Texts(c.Setting, cmp.Or(c.Before, "-"), cmp.Or(c.After, "-"), c.Loses)
		row[3].Paint = screen.Bad
		table.Add(row...)
	}
	return s.Print(table)
}

func (s *session) comparisonLines(found comparison) error {
	if err := s.JSON(map[string]any{"stack": found.stack, "deployed": found.deployed, "compared": found.recorded}); err != nil {
		return err
	}
	for _, c := range found.changes {
		if err := s.JSON(map[string]any{"setting": c.Setting, "before": c.Before, "after": c.After, "loses": c.Loses}); err != nil {
			return err
		}
	}
	return nil
}
