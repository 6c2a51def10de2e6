package postgres

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel end a child when we end without doing so: a server shuts down, the fast way, and an initdb gives up.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	cmd.SysProcAttr.Setpgid = true // Ctrl-C in the terminal is for us: requests drain before the database stops
}
