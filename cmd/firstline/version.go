package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of this tree; CHANGELOG.md says what it holds.
const release = "0.1.0"

func version(_ context.Context, env *environment) error {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(env.stdout, "firstline %s%s %s %s/%s\n", release, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
