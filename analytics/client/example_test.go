package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"firstline/analytics/client"
)

// yesterday writes the service level of each queue on one day, and the callers who gave up and were not answered since.
func yesterday(ctx context.Context, base, key string, day time.Time, w io.Writer) error {
	c, err := client.New(base, client.WithKey(key))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	report, err := c.GetQueueMetrics(ctx, &client.GetQueueMetricsParams{
		From: day, Until: day.AddDate(0, 0, 1), Tz: new("Europe/Berlin"), GroupBy: []client.GetQueueMetricsParamsGroupBy{client.GetQueueMetricsParamsGroupByQueue},
	})
	if err != nil {
		return err
	}
	for _, row := range report.Rows {
		if level := row.ServiceLevel.Offered; level != nil && level.Percent != nil {
			fmt.Fprintf(w, "%s: %.1f%% of %d\n", *row.Queue, *level.Percent, level.Denominator)
		}
	}
	lost := 0
	for _, err := range c.AllAbandoned(ctx, client.ListAbandonedParams{From: day, Until: day.AddDate(0, 0, 1), OnlyLost: new(true)}) {
		if err != nil {
			return err // whatever page it was of
		}
		lost++
	}
	fmt.Fprintf(w, "%d to call back\n", lost)
	return nil
}

// A program with an API key reads figures and a whole list.
func Example() {
	day := time.Now().AddDate(0, 0, -1).Truncate(24 * time.Hour)
	err := yesterday(context.Background(), "https://calls.example.com", os.Getenv("FIRSTLINE_KEY"), day, os.Stdout)
	var refused *client.Error
	switch {
	case errors.As(err, &refused) && refused.Code == client.ProblemCodeTooManyRequests:
		fmt.Println("again in", refused.RetryAfter)
	case err != nil:
		fmt.Println(err)
	}
}

// Live streams are read event by event.
func ExampleClient_LiveWallboard() {
	c, err := client.New("https://calls.example.com", client.WithKey(os.Getenv("FIRSTLINE_KEY")))
	if err != nil {
		panic(err)
	}
	stream, err := c.LiveWallboard(context.Background())
	if err != nil {
		panic(err)
	}
	defer stream.Close()
	for {
		e, err := stream.Next()
		if err != nil {
			return // open it again
		}
		var now client.Wallboard
		if e.Name == "state" && e.Into(&now) == nil {
			fmt.Println(now.Contacts.Waiting, "waiting")
		}
	}
}
