package services

import (
	"context"
	"fmt"
	"os/exec"

	"masterhand/infra/local/sim/child"
)

// process is a child process that serves one of the services.
type process struct {
	*child.Process
	name    string
	printed *tail
}

// launch starts a child process. The output of the process goes to the log. Its standard output
// also goes to out, unless out is nil.
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

// watch sends an error to [Services.Failed] if the child ends although nobody has stopped it.
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
		default: // the error is dropped: the channel already holds the error of another service
		}
	}()
}

// stop asks the child to end. When ctx ends, it kills the child and returns an error.
func (p *process) stop(ctx context.Context) error {
	if err := p.Stop(ctx); err != nil {
		return fmt.Errorf("%s does not stop: %w", p.name, err)
	}
	return nil
}

// ended waits for the child's end and returns an error that says how the child ended.
func (p *process) ended() error {
	if err := p.Err(); err != nil {
		return fmt.Errorf("%s ended: %w", p.name, err)
	}
	return fmt.Errorf("%s ended", p.name)
}

// notUp returns the error of a child that did not start. It contains the last output of the child.
func (p *process) notUp(cause error) error {
	return fmt.Errorf("%s does not start: %w; it printed:\n%s", p.name, cause, p.printed)
}

// asked adds the child's name to err, the error of the first call to the child's service. If the
// child has ended, asked instead returns an error that says how the child ended, because that is
// the cause of err. If err is nil, asked returns nil.
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
