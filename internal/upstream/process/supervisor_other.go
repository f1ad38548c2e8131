//go:build !linux

package process

import "os/exec"

// Supervise does nothing here: there is no supervisor. See the package comment.
func Supervise() {}

// direct is a program that Mantlet started itself.
type direct struct{ cmd *exec.Cmd }

// CanConfine says that this system cannot.
func CanConfine() error { return ErrUnconfined }

func launch(s Spec, env []string, p *pipes) (child, error) {
	if s.Confine != nil {
		return nil, ErrUnconfined
	}
	path, err := exec.LookPath(s.Command)
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{Path: path, Args: append([]string{s.Command}, s.Args...), Env: env, Dir: s.Dir, Stdin: p.in[0], Stdout: p.out[1], Stderr: p.err[1], SysProcAttr: ownGroup()}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &direct{cmd}, nil
}

func (d *direct) wait() error { return d.cmd.Wait() }
func (d *direct) pid() int    { return d.cmd.Process.Pid }
func (d *direct) terminate()  { endGroup(d.cmd.Process, false) }
func (d *direct) kill()       { endGroup(d.cmd.Process, true) }
