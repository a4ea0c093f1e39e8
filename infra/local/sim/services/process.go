package services

import (
	"context"
	"fmt"
	"os/exec"

	"masterhand/infra/local/sim/child"
)

// process is a child that serves something.
type process struct {
	*child.Process
	name    string
	printed *tail
}

// launch starts a child. What it prints goes to the log; out, where it is set, takes its
// standard output as well.
func (s *Services) launch(name string, cmd *exec.Cmd, out *addressReader) (*process, error) {
	p := &process{name: name, printed: &tail{next: s.config.Log}}
	cmd.Stdout, cmd.Stderr = p.printed, p.printed
	if out != nil {
		out.next = p.printed
		cmd.Stdout = out
	}
	var err error
	if p.Process, err = child.Start(cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// watch tells [Services.Failed] should the child end by itself.
func (s *Services) watch(p *process) {
	go func() {
		<-p.Done()
		select {
		case <-s.closing:
			return
		default:
		}
		select {
		case s.failed <- p.ended():
		default: // something else has failed before
		}
	}()
}

// stop asks the child to end and kills it once ctx is over, which is an error.
func (p *process) stop(ctx context.Context) error {
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("%s does not end: %w", p.name, err)
	}
	return nil
}

// ended says how the child ended, for which it waits.
func (p *process) ended() error {
	if err := p.Err(); err != nil {
		return fmt.Errorf("%s ended: %w", p.name, err)
	}
	return fmt.Errorf("%s ended", p.name)
}

// notUp is the error of a child that does not come up, with the end of its output.
func (p *process) notUp(cause error) error {
	return fmt.Errorf("%s does not come up: %w; it printed:\n%s", p.name, cause, p.printed)
}

// asked returns the error of a first call to the child's service; where the child has
// ended, that is what is wrong.
func (p *process) asked(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-p.Done():
		return p.notUp(p.ended())
	default:
		return fmt.Errorf("%s: %w", p.name, err)
	}
}
