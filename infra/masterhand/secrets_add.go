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
		Use: "secret DEST", Short: "Add a secret to a destination; its older secrets stay valid",
		Args: takes(1, 1, "exactly one destination (the command asks for the secret)"),
		Long: `Adds a secret to a destination. DEST is the destination's name, which stands for the
webhook in the platform's portal. A new name makes a new destination. The command asks for the secret without
showing it, or reads it from a pipe. The secret is never an argument, because other
users and the shell's history can see arguments. It becomes the first secret. The
others stay valid until
"` + typed("secret-drop DEST LAST4") + `" removes them.
The functions use the new list within a minute.

To change only the hosts, give --upload-host or --callback-host, and leave the
secret empty; in a script, give --without-secret.`,
		Example: examples("secret acme", "secret acme --upload-host ACCOUNT.r2.cloudflarestorage.com"),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			return s.addSecret(c.Context(), args[0], o)
		},
	}
	flags := c.Flags()
	oneOf(c, &o.scheme, "scheme", "`scheme` of the platform's signatures; unless given, as before, or outpost", []string{"outpost", "outpost-timestamped", "standard"})
	flags.BoolVar(&o.none, "without-secret", false, "add no secret; secrets that the destination has stay. A destination without secrets takes only unsigned events by a queue or a bucket")
	flags.StringVar(&o.library, "library", "", "`library` that answers the destination's requests; unless given, as before, or default")
	flags.Var(&o.uploadHosts, "upload-host", "the platform's upload `host`, such as ACCOUNT.r2.cloudflarestorage.com; may be given several times, and replaces the earlier hosts")
	flags.Var(&o.callbackHosts, "callback-host", "`host` of the platform's callbacks; may be given several times, and replaces the earlier hosts; api.trigger.dev if none was ever given")
	return c
}

// secretOptions holds the settings of a destination that the operator gave. An empty field does not
// change the stored setting.
type secretOptions struct {
	none                       bool // set if the command must add no secret
	scheme, library            string
	uploadHosts, callbackHosts hosts
}

// hosts is the value of a flag that the operator may give several times, once for each host.
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
	errNothing      = errors.New("expected a secret, got an empty line")
	errNoHost       = errors.New("must be a host name such as ACCOUNT.r2.cloudflarestorage.com, without https:// and without a path")
	errSecretAsName = errors.New("expected a destination's name, got a secret: give the name, and the command asks for the secret; make a new secret, because others may have seen this one")
)

// checkName returns an error if a name cannot be that of a destination. The error does not contain
// the name, which may be a secret that was pasted by mistake.
func checkName(name string) error {
	if strings.HasPrefix(name, "whsec_") {
		return fmt.Errorf("%w: %w", errUsage, errSecretAsName)
	}
	if err := destination.CheckName(name); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// quoted returns a destination's name in the form for a sentence or a command line: a name with
// spaces is in quotes.
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

// addTo asks for a secret, adds it to the list, and returns the new or changed entry of the
// destination. If o.none is set, it neither asks for a secret nor adds one.
//
// An operator at a terminal may type an empty line to add no secret. This is allowed only if the
// command sets hosts and the destination already has secrets.
func (s *session) addTo(r *destinationList, name string, o secretOptions) (map[string]json.RawMessage, error) {
	if o.none {
		return r.entry(name), nil
	}
	keeps := s.hidden != nil && len(o.uploadHosts)+len(o.callbackHosts) > 0 && len(texts(r.find(name)["secrets"])) > 0
	question := "Secret of " + quoted(name)
	if keeps {
		question += "; leave empty to keep the secrets"
	}
	secret, err := s.askSecret(question)
	switch {
	case keeps && errors.Is(err, errNothing):
		return r.entry(name), nil
	case err != nil:
		return nil, err
	}
	if err := r.check(name, secret, o.scheme); err != nil {
		return nil, err
	}
	return r.add(name, secret)
}

// checkLibrary returns an error if the functions do not have the library, because they would then
// answer all requests of the destination with 503. An empty name is allowed.
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

var errNoLibrary = errors.New("no such library is configured")

func libraryNamed(libraries []masters.Library, name string) (masters.Library, error) {
	names := make([]string, len(libraries))
	for i, l := range libraries {
		if names[i] = l.Name; l.Name == name {
			return l, nil
		}
	}
	return masters.Library{}, fmt.Errorf("%w: %q (configured: %s)", errNoLibrary, name, strings.Join(names, ", "))
}

// askSecret reads a secret from the input. A terminal does not show what is typed. If the secret is
// empty, askSecret returns errNothing.
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
		s.printf("%s (library %s) has no secret: it takes events only by a queue or a bucket\n", quoted(d.Name), d.Library)
		s.warnOf(d)
		return
	}
	s.printf("%s (%s, library %s): the first secret is …%s, of %d in all\n", quoted(d.Name), d.Scheme, d.Library, d.Keys[0].Hint(), len(d.Keys))
	s.warnOf(d)
}

// warnOf warns in three cases: a destination has too many secrets, permits uploads to any R2
// account, or has secrets with the same last four characters.
func (s *session) warnOf(d destination.Destination) {
	if len(d.Keys) > manySecrets {
		s.warn("%s has %d secrets: drop those that no longer match (%s)", quoted(d.Name), len(d.Keys), typed("secret-drop DEST LAST4"))
	}
	if !d.Pinned() {
		s.warn("the uploads of %s may go to any R2 account: give the platform's host with --upload-host when you next add a secret", quoted(d.Name))
	}
	hints := make([]string, len(d.Keys))
	for i, key := range d.Keys {
		hints[i] = key.Hint()
	}
	if slices.Sort(hints); len(slices.Compact(hints)) < len(d.Keys) {
		s.warn("%s has secrets with the same last four characters: their matches are counted together", quoted(d.Name))
	}
}
