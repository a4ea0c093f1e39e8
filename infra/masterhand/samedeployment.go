package main

import "masterhand/shared/kit/legible"

// sameDeployment returns the flags that name the deployment which this command works on, each
// behind a blank.
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
