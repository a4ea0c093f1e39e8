package main

import "masterhand/shared/kit/legible"

// onThisMachine is the flag that selects the system on this machine, with a space before it. Without
// it, a printed command would change the AWS deployment if the reader's shell has a region.
const onThisMachine = " --local"

// sameDeployment returns the flags that select the deployment of this command, so that a printed
// command line works on the same deployment. Each flag has a space before it. It returns "" if no
// flag is needed.
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
	if s.localFlag.given || s.system != nil {
		flags += onThisMachine
	}
	if s.localFlag.file != "" {
		flags += "=" + legible.ShellWord(s.localFlag.file)
	}
	return flags
}
