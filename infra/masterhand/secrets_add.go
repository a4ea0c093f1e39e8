package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

var secretCommand = command{
	name: "secret", args: "DEST [-scheme S] [-library L] [-upload-host H]", short: "add a secret to a destination, and keep the old ones for rotation",
	long: `DEST names the webhook in the platform's portal; a destination that is not there yet is
made. The secret is asked for without being shown, or read from a pipe: it is never an
argument, where other users and the shell's history would see it. It becomes the first
one; the others stay valid until "secret-drop" takes them out. The functions take up the
change within a minute.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var o secretOptions
		flags.StringVar(&o.scheme, "scheme", "", "how the platform signs: `scheme` outpost, outpost-timestamped or standard; as it was, or outpost, unless told")
		flags.StringVar(&o.library, "library", "", "`library` that its requests are answered from; as it was, or default, unless told")
		flags.Var(&o.uploadHosts, "upload-host", "the platform's upload `host`, the like of ACCOUNT.r2.cloudflarestorage.com; may be told several times, and replaces the hosts there were")
		flags.Var(&o.callbackHosts, "callback-host", "`host` of the platform's callbacks; may be told several times, and replaces the hosts there were; api.trigger.dev where none was ever told")
		return func(ctx context.Context, args []string) error { return s.addSecret(ctx, args, o) }
	},
}

// secretOptions are what may be told of a destination; "" and none leave what is there.
type secretOptions struct {
	scheme, library            string
	uploadHosts, callbackHosts hosts
}

// hosts collects the values of a flag that may be told several times.
type hosts []string

func (h *hosts) String() string { return strings.Join(*h, ",") }

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

func (s *session) addSecret(ctx context.Context, args []string, o secretOptions) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("%w: name one destination and nothing else; the secret itself is asked for", errUsage)
	}
	if err := checkName(args[0]); err != nil {
		return err
	}
	if _, err := signature.ParseScheme(o.scheme); err != nil {
		return fmt.Errorf("%w: -scheme: %w", errUsage, signature.ErrScheme)
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	if err := s.checkLibrary(ctx, d, o.library); err != nil {
		return err
	}
	r, err := s.roster(ctx, d)
	if err != nil {
		return err
	}
	secret, err := s.askSecret("Secret of " + quoted(args[0]))
	if err != nil {
		return err
	}
	if err := r.check(args[0], secret, o.scheme); err != nil {
		return err
	}
	entry, err := r.add(args[0], secret)
	if err != nil {
		return err
	}
	for field, told := range map[string]string{"scheme": o.scheme, "library": o.library} {
		if told != "" {
			entry[field] = raw(told)
		}
	}
	for field, told := range map[string]hosts{"uploadHosts": o.uploadHosts, "callbackHosts": o.callbackHosts} {
		if len(told) > 0 {
			entry[field] = raw([]string(told))
		}
	}
	encoded, list, err := r.encode()
	if err != nil {
		return err
	}
	if err := s.store(ctx, d.secret, encoded); err != nil {
		return err
	}
	s.tellAdded(*named(list, args[0]))
	return nil
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
	s.printf("%s (%s, library %s): secret …%s is its first of %d\n", quoted(d.Name), d.Scheme, d.Library, d.Keys[0].Hint(), len(d.Keys))
	s.warnOf(d)
}

// warnOf tells what should be put right with a destination.
func (s *session) warnOf(d destination.Destination) {
	if len(d.Keys) > manySecrets {
		s.warn("%s has %d secrets: drop those that match no more (ops secret-drop)", quoted(d.Name), len(d.Keys))
	}
	if !d.Pinned() {
		s.warn("%s may have its uploads go to any account of R2: tell the platform's with -upload-host when you next add a secret", quoted(d.Name))
	}
	hints := make([]string, len(d.Keys))
	for i, key := range d.Keys {
		hints[i] = key.Hint()
	}
	if slices.Sort(hints); len(slices.Compact(hints)) < len(d.Keys) {
		s.warn("%s has secrets that end alike: their matches are counted together", quoted(d.Name))
	}
}
