// Package listen opens listeners, and says in words what to do when a port is taken. Every role that listens uses it; it
// serves nothing itself.
package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ErrInUse is wrapped when another program has the port.
var ErrInUse = errors.New("the port is in use by another program")

// Open listens on a TCP address (network "tcp") or a socket's path (network "unix"). what names the listener in errors,
// key the place in firstline.yaml where its address stands.
func Open(ctx context.Context, network, address, what, key string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, network, address)
	if err != nil {
		return nil, Explain(err, address, what, key)
	}
	return l, nil
}

// Explain says what an error of listening means for whoever runs the program: which port, and what to do.
func Explain(err error, address, what, key string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		_, port, splitErr := net.SplitHostPort(address)
		if splitErr != nil {
			return fmt.Errorf("listen for %s on %s: %w: stop it or change %s: %w", what, address, ErrInUse, key, err)
		}
		return fmt.Errorf("listen for %s on %s: %w: stop it (`ss -lntup 'sport = :%s'` names it) or change %s: %w",
			what, address, ErrInUse, port, key, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen for %s on %s: this user may not have that port: choose one above 1023 in %s: %w", what, address, key, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen for %s on %s: this machine has no such address: change %s: %w", what, address, key, err)
	}
	return fmt.Errorf("listen for %s on %s (%s): %w", what, address, key, err)
}
