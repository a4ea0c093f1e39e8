package main

import "masterhand/shared/kit/legible"

// sameDeployment returns the flags that select the deployment of this command, for a command line
// that is printed. Each flag begins with a space; "" means that no flag is needed.
func (s *session) sameDeployment() (flags string) {
	if s.nameGiven {
		flags += " --name " + legible.ShellWord(s.name)
	}
	if s.region != "" {
		flags += " --region " + legible.ShellWord(s.region)
	}
	if s.profile != "" {
		flags += " --profile " + legible.ShellWord(s.profile)
	}
	if s.localFlag.given {
		flags += " --local"
	}
	if s.localFlag.file != "" {
		flags += "=" + legible.ShellWord(s.localFlag.file)
	}
	return flags
}
