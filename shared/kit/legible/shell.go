package legible

import (
	"fmt"
	"strings"
)

// ShellWord returns a text as one word of a command line, for bash and zsh. It writes characters
// that could control a terminal as escaped UTF-8 bytes.
func ShellWord(text string) string {
	odd := func(r rune) bool { return !Rune(r) }
	switch {
	case strings.ContainsFunc(text, odd) || strings.ToValidUTF8(text, "") != text:
		return "$'" + bytesEscaped(text) + "'"
	case text == "" || strings.Trim(text, plainCharacters) != "":
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// plainCharacters lists the characters that need no quotes anywhere in a command line.
const plainCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@"

func bytesEscaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case Rune(r):
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	return b.String()
}

// ShellWords returns arguments as part of a command line. If one of them looks like a flag, "--"
// comes before them.
func ShellWords(args ...string) string {
	words := make([]string, len(args))
	flag := ""
	for i, arg := range args {
		words[i] = ShellWord(arg)
		if strings.HasPrefix(arg, "-") {
			flag = "-- "
		}
	}
	return flag + strings.Join(words, " ")
}
