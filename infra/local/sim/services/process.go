package services

import (
	"context"
	"fmt"
	"os/exec"

	"masterhand/infra/local/sim/child"
)

// process is a child process that serves a protocol.
type process struct {
	*child.Process
	name    string
	printed *tail
}

// launch starts a child. Its output goes to the log, and its standard output also to out if out
// is not nil.
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

// watch sends an error to [Services.Failed] if the child ends without being stopped.
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
		default: // another service has failed before
		}
	}()
}

// stop asks the child to end, and kills it when ctx ends, which is an error.
func (p *process) stop(ctx context.Context) error {
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("%s does not stop: %w", p.name, err)
	}
	return nil
}

// ended waits for the child's end and returns how it ended.
func (p *process) ended() error {
	if err := p.Err(); err != nil {
		return fmt.Errorf("%s ended: %w", p.name, err)
	}
	return fmt.Errorf("%s ended", p.name)
}

// notUp returns the error for a child that does not start, with the end of its output.
func (p *process) notUp(cause error) error {
	return fmt.Errorf("%s does not start: %w; it printed:\n%s", p.name, cause, p.printed)
}

// asked returns the error of a first call to the child's service. If the child has ended, it
// returns how the child ended instead.
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
