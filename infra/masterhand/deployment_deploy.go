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
		Use: "deploy [NAME] [-- FLAG-OF-CDK…]", Short: "Show what a deployment changes, ask, and deploy",
		DisableFlagsInUseLine: true,
		Long: `Reads the settings of the environment NAME (production unless given) from
` + settings.Folder + `/NAME.json and from -c, and shows how they differ from what the
deployed stack was told. Then runs "npx cdk deploy" for the environment, with the
arguments behind --.

Asks before the deployment loses a masters bucket or its key, a library or its
prefix, reserved executions, or a subscription by email. It asks, too, if the
deployed stack does not say what it was told: a version before this command
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
	flags.StringArrayVarP(&o.told, "context", "c", nil, "`SETTING=VALUE` in place of the file's, for this deployment")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show what changes")
	flags.BoolVar(&o.yes, "yes", false, "do not ask, nor let CDK ask")
	s.withJSON(c, "a line of JSON for the environment and for each change; needs --yes or --dry-run")
	return c
}

type deployOptions struct {
	told        []string // of -c
	dryRun, yes bool

	context map[string]string // told, by setting
	ofCDK   []string          // arguments
}

// take reads the arguments: the environment's name, and behind -- the arguments of CDK.
func (o *deployOptions) take(s *session, c *cobra.Command, args []string) error {
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		args, o.ofCDK = args[:dash], args[dash:]
	}
	if err := takes(0, 1, "at most one NAME, and CDK's flags behind --")(c, args); err != nil {
		return err
	}
	if len(args) == 1 {
		if c.Flags().Changed("name") && s.name != args[0] {
			return fmt.Errorf("%w: two environments: NAME and --name", errUsage)
		}
		s.name = args[0]
	}
	for _, arg := range o.ofCDK {
		if strings.HasPrefix(arg, "-c") || strings.HasPrefix(arg, "--context") {
			return fmt.Errorf("%w: give -c before --, so that its change is shown", errUsage)
		}
	}
	o.context = map[string]string{}
	for _, told := range o.told {
		setting, value, is := strings.Cut(told, "=")
		if !is || setting == "" {
			return fmt.Errorf("%w: -c needs SETTING=VALUE", errUsage)
		}
		if setting == "name" {
			return fmt.Errorf("%w: give the environment as NAME, not by -c", errUsage)
		}
		o.context[setting] = value
	}
	o.context["name"] = s.name
	return nil
}

// deploy compares the settings with those of the deployed stack, asks where something is lost, and
// has CDK deploy.
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
	s.nameGiven = true // no system on this machine is looked for
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

// runDeploy has CDK deploy into the account and region that were looked at.
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

// comparison is how the settings to deploy differ from the deployed ones.
type comparison struct {
	stack    string
	deployed bool              // the stack is there
	recorded bool              // the stack says what it was told; without that, changes are all settings to deploy
	bucket   string            // of the deployed stack's masters
	changes  []settings.Change // ordered by setting
}

// compare reads what the deployed stack was told.
func (s *session) compare(ctx context.Context, next settings.Record) (comparison, error) {
	stack, outputs, _, err := s.stack(ctx)
	found := comparison{stack: stack, deployed: err == nil, bucket: outputs["MastersBucket"]}
	if err != nil && !errors.Is(err, errNoStack) && !errors.Is(err, errNeverStood) {
		return comparison{}, err
	}
	before := settings.Record{}
	if text, is := outputs[settings.Output]; is {
		if err := before.UnmarshalText([]byte(text)); err != nil {
			return comparison{}, fmt.Errorf("%s: output %s unreadable: %w", stack, settings.Output, err)
		}
		found.recorded = true
	}
	found.changes = before.Changes(next)
	if !found.recorded { // nothing is known to be lost
		for i := range found.changes {
			found.changes[i].Loses = ""
		}
	}
	return found, nil
}

// losses returns what the deployment loses.
func (c comparison) losses() (all []string) {
	for _, change := range c.changes {
		if change.Loses != "" {
			all = append(all, printable(change.Loses))
		}
	}
	return all
}

// question asks whether to deploy; "" where nothing can be lost.
func (c comparison) question() string {
	switch losses := c.losses(); {
	case c.deployed && !c.recorded:
		return fmt.Sprintf("%s cannot be compared: a version before this command deployed it. Its masters are in bucket %s. "+
			"What it was told and these settings leave out is lost. Deploy?", c.stack, c.bucket)
	case len(losses) > 0:
		return fmt.Sprintf("%s loses\n  %s\nDeploy?", c.stack, strings.Join(losses, "\n  "))
	}
	return ""
}

// showComparison shows the settings that change.
func (s *session) showComparison(found comparison) error {
	if s.asJSON {
		return s.comparisonLines(found)
	}
	switch {
	case !found.deployed:
		s.printf("%s is not deployed yet; its settings:\n", found.stack)
	case !found.recorded:
		s.printf("%s does not say what it was told; the settings to deploy:\n", found.stack)
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
