package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"

	"github.com/spf13/cobra"
)

func secretCommand(s *session) *cobra.Command {
	var o secretOptions
	c := &cobra.Command{
		Use: "secret DEST", Short: "Add a secret to a destination; older ones stay valid",
		Args: takes(1, 1, "one destination and nothing else (the secret itself is asked for)"),
		Long: `DEST names the webhook in the platform's portal. A new name makes a new
destination. The command asks for the secret without showing it, or reads it from
a pipe: it is never an argument, which other users and the shell's history would
see. It becomes the first secret. The others stay valid until
"` + typed("secret-drop DEST LAST4") + `" removes them.
The functions use the new list within a minute.`,
		Example: examples("secret acme", "secret acme --upload-host ACCOUNT.r2.cloudflarestorage.com"),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			return s.addSecret(c.Context(), args[0], o)
		},
	}
	flags := c.Flags()
	oneOf(c, &o.scheme, "scheme", "`scheme` by which the platform signs; unless given, as before, or outpost", []string{"outpost", "outpost-timestamped", "standard"})
	flags.BoolVar(&o.none, "without-secret", false, "add no secret: the destination takes events by a queue or a bucket, which nobody signs")
	flags.StringVar(&o.library, "library", "", "`library` that answers its requests; unless given, as before, or default")
	flags.Var(&o.uploadHosts, "upload-host", "the platform's upload `host`, such as ACCOUNT.r2.cloudflarestorage.com; may be given several times, and replaces the hosts before")
	flags.Var(&o.callbackHosts, "callback-host", "`host` of the platform's callbacks; may be given several times, and replaces the hosts before; api.trigger.dev if none was ever given")
	return c
}

// secretOptions are the settings of a destination; empty ones leave what is stored.
type secretOptions struct {
	none                       bool // no secret
	scheme, library            string
	uploadHosts, callbackHosts hosts
}

// hosts collects the values of a flag that may be given several times.
type hosts []string

func (h *hosts) String() string { return strings.Join(*h, ",") }

// Type implements [pflag.Value].
func (h *hosts) Type() string { return "host" }

func (h *hosts) Set(host string) error {
	*h = append(*h, host)
	if safehttp.CheckPattern(host) != nil {
		return errNoHost
	}
	return nil
}

var (
	errNothing      = errors.New("no secret was given")
	errNoHost       = errors.New("must be a host name like ACCOUNT.r2.cloudflarestorage.com, without https:// and path")
	errSecretAsName = errors.New("a secret in the place of the destination's name: tell that, and the secret is asked for; others may have seen this one")
)

// checkName refuses what is no destination's name, without repeating it.
func checkName(name string) error {
	if strings.HasPrefix(name, "whsec_") {
		return fmt.Errorf("%w: %w", errUsage, errSecretAsName)
	}
	if err := destination.CheckName(name); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// quoted is a destination's name as it stands in a sentence.
func quoted(name string) string {
	if strings.Contains(name, " ") {
		return strconv.Quote(name)
	}
	return name
}

func (s *session) addSecret(ctx context.Context, name string, o secretOptions) error {
	if err := checkName(name); err != nil {
		return err
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	if err := s.checkLibrary(ctx, d, o.library); err != nil {
		return err
	}
	r, err := s.destinationList(ctx, d)
	if err != nil {
		return err
	}
	entry, err := s.addTo(&r, name, o)
	if err != nil {
		return err
	}
	for field, given := range map[string]string{"scheme": o.scheme, "library": o.library} {
		if given != "" {
			entry[field] = raw(given)
		}
	}
	for field, given := range map[string]hosts{"uploadHosts": o.uploadHosts, "callbackHosts": o.callbackHosts} {
		if len(given) > 0 {
			entry[field] = raw([]string(given))
		}
	}
	list, err := s.storeDestinations(ctx, d, r)
	if err != nil {
		return err
	}
	s.tellAdded(*named(list, name))
	return nil
}

// addTo makes or changes the entry of a destination, with a secret that it asks for.
func (s *session) addTo(r *destinationList, name string, o secretOptions) (map[string]json.RawMessage, error) {
	if o.none {
		return r.entry(name), nil
	}
	secret, err := s.askSecret("Secret of " + quoted(name))
	if err != nil {
		return nil, err
	}
	if err := r.check(name, secret, o.scheme); err != nil {
		return nil, err
	}
	return r.add(name, secret)
}

// checkLibrary refuses a library that the functions do not have: they would answer all
// requests of the destination with 503.
func (s *session) checkLibrary(ctx context.Context, d deployment, library string) error {
	if library == "" {
		return nil
	}
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return err
	}
	_, err = libraryNamed(libraries, library)
	return err
}

var errNoLibrary = errors.New("library that is not configured")

func libraryNamed(libraries []masters.Library, name string) (masters.Library, error) {
	names := make([]string, len(libraries))
	for i, l := range libraries {
		if names[i] = l.Name; l.Name == name {
			return l, nil
		}
	}
	return masters.Library{}, fmt.Errorf("%w: %q (there are %s)", errNoLibrary, name, strings.Join(names, ", "))
}

// askSecret takes the secret from the terminal, where it is not shown, or from a pipe.
func (s *session) askSecret(what string) (secret string, err error) {
	if s.hidden == nil {
		secret, err = s.line()
	} else {
		fmt.Fprintf(s.err, "%s (not shown): ", what)
		var typed []byte
		typed, err = s.hidden()
		fmt.Fprintln(s.err)
		secret = string(typed)
	}
	if secret = strings.TrimSpace(secret); secret == "" && err == nil {
		err = errNothing
	}
	return secret, err
}

func (s *session) tellAdded(d destination.Destination) {
	if len(d.Keys) == 0 {
		s.printf("%s (library %s) has no secret: it takes events by a queue or a bucket alone\n", quoted(d.Name), d.Library)
		s.warnOf(d)
		return
	}
	s.printf("%s (%s, library %s): secret …%s is its first of %d\n", quoted(d.Name), d.Scheme, d.Library, d.Keys[0].Hint(), len(d.Keys))
	s.warnOf(d)
}

// warnOf warns of what an operator should correct for a destination.
func (s *session) warnOf(d destination.Destination) {
	if len(d.Keys) > manySecrets {
		s.warn("%s has %d secrets: drop those that do not match any more (%s)", quoted(d.Name), len(d.Keys), typed("secret-drop DEST LAST4"))
	}
	if !d.Pinned() {
		s.warn("%s may have its uploads go to any account of R2: give the platform's host with --upload-host when you next add a secret", quoted(d.Name))
	}
	hints := make([]string, len(d.Keys))
	for i, key := range d.Keys {
		hints[i] = key.Hint()
	}
	if slices.Sort(hints); len(slices.Compact(hints)) < len(d.Keys) {
		s.warn("%s has secrets that end alike: their matches are counted together", quoted(d.Name))
	}
}
