package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"firstline/pipeline/password"
)

// hash reads a PIN or password from standard input, so that it stands in no shell history, and prints its hash.
func hash(_ context.Context, env *environment) error {
	line, _ := bufio.NewReader(env.stdin).ReadString('\n')
	secret := strings.TrimRight(line, "\r\n")
	if secret == "" {
		return errors.New("nothing came on standard input; echo -n SECRET | firstline hash")
	}
	text, err := password.Make(secret)
	if err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	_, err = fmt.Fprintln(env.stdout, text)
	return err
}
