// Package impure does everything that a pure package must not do.
package impure

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

var counter int

func init() { counter = 1 }

func everything(m map[string]int) {
	ch := make(chan int)
	go func() { ch <- counter }()
	select {
	case <-ch:
	default:
	}
	for k := range m {
		fmt.Println(k, time.Now(), os.Args)
	}
	_ = slices.Collect(maps.Values(m))
	_ = slices.Sorted(maps.Keys(m))
}
