package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the kernel's unit of processor time in /proc; it is 1/100 s on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu reads the processor time of Asterisk and of each role of the product.
type cpu struct{ pids map[string]int }

// newCPU finds the roles among the children of the product's parent process.
func newCPU(asterisk, product int) (*cpu, error) {
	c := &cpu{pids: map[string]int{"asterisk": asterisk, "phones": os.Getpid()}}
	children, err := childrenOf(product)
	if err != nil {
		return nil, err
	}
	for _, pid := range children {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			continue // it has ended
		}
		if args := strings.Split(string(text), "\x00"); len(args) > 1 {
			c.pids[args[1]] = pid
		}
	}
	for _, role := range []string{"controller", "broker", "load", "clickhouse", "api"} {
		if c.pids[role] == 0 {
			return nil, fmt.Errorf("the role %s does not run", role)
		}
	}
	return c, nil
}

// read is the time each has used until now, user and system.
func (c *cpu) read() (map[string]time.Duration, error) {
	out := make(map[string]time.Duration, len(c.pids))
	for name, pid := range c.pids {
		f, err := stat(pid)
		if err != nil {
			return nil, fmt.Errorf("read the processor time of %s: %w", name, err)
		}
		user, err1 := strconv.ParseInt(f[11], 10, 64)
		system, err2 := strconv.ParseInt(f[12], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("read the processor time of %s: %q", name, f)
		}
		out[name] = time.Duration(user+system) * tick
	}
	return out, nil
}

// stat is the fields of /proc/PID/stat behind the program's name: state, parent, …
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])), nil
}

func childrenOf(parent int) ([]int, error) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		f, err := stat(pid)
		if err == nil && len(f) > 1 && f[1] == strconv.Itoa(parent) {
			out = append(out, pid)
		}
	}
	return out, nil
}

func childNamed(parent int, name string) (int, error) {
	children, err := childrenOf(parent)
	if err != nil {
		return 0, err
	}
	for _, pid := range children {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && strings.TrimSpace(string(text)) == name {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("no child process is called %s", name)
}
