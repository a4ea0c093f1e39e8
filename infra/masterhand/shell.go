package main

import (
	"fmt"
	"strings"

	"masterhand/shared/kit/legible"
)

// shellWord returns a text as one word of a command line, for bash and zsh. Characters that
// could steer a terminal are written as the bytes of UTF-8.
func shellWord(text string) string {
	odd := func(r rune) bool { return !legible.Rune(r) }
	switch {
	case strings.ContainsFunc(text, odd) || strings.ToValidUTF8(text, "") != text:
		return "$'" + escaped(text) + "'"
	case text == "" || strings.Trim(text, plainCharacters) != "":
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// plainCharacters mean themselves anywhere in a command line.
const plainCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@"

func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case legible.Rune(r):
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	return b.String()
}

// shellWords returns arguments as a part of a command line, behind "--" where one of them
// looks like a flag.
func shellWords(args ...string) string {
	words := make([]string, len(args))
	flag := ""
	for i, arg := range args {
		words[i] = shellWord(arg)
		if strings.HasPrefix(arg, "-") {
			flag = "-- "
		}
	}
	return flag + strings.Join(words, " ")
}

// sameDeployment returns the flags that name the deployment which this command works on, each
// behind a blank.
func (s *session) sameDeployment() (flags string) {
	if s.nameGiven {
		flags += " --name " + shellWord(s.name)
	}
	if s.region != "" {
		flags += " --region " + shellWord(s.region)
	}
	if s.profile != "" {
		flags += " --profile " + shellWord(s.profile)
	}
	if s.localFlag.given {
		flags += " --local"
	}
	if s.localFlag.file != "" {
		flags += "=" + shellWord(s.localFlag.file)
	}
	return flags
}
