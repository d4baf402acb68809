package main

import (
	"context"
	"fmt"
	"io"
)

// measured is what one arm's run gave, by the names of its figures.
type measured map[string]float64

// figure is a row of a comparison.
type figure struct {
	name   string
	digits int
}

// arm is one of the two that are compared.
type arm struct {
	name string
	run  func(ctx context.Context) (measured, error)
}

// compare runs a b b a, rounds times, and writes each figure's median, spread, and the ratio of the medians b/a.
func compare(ctx context.Context, title string, a, b arm, rounds int, figures []figure, out io.Writer) error {
	seen := map[string]map[string][]float64{a.name: {}, b.name: {}}
	for range rounds {
		for _, x := range []arm{a, b, b, a} {
			got, err := x.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			for _, f := range figures {
				seen[x.name][f.name] = append(seen[x.name][f.name], got[f.name])
			}
		}
	}
	_, _ = fmt.Fprintf(out, "### %s\n\n| | %s | spread | %s | spread | ratio |\n|---|---|---|---|---|---|\n", title, a.name, b.name)
	for _, f := range figures {
		x, y := seen[a.name][f.name], seen[b.name][f.name]
		_, _ = fmt.Fprintf(out, "| %s | %.*f | %s | %.*f | %s | %.2f |\n", f.name,
			f.digits, median(x), spread(x, f.digits), f.digits, median(y), spread(y, f.digits), median(y)/median(x))
	}
	_, _ = fmt.Fprintf(out, "\n%d runs of each, order A B B A.\n\n", 2*rounds)
	return nil
}
