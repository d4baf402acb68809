package client

import "iter"

// pages asks for page after page from a cursor on and hands on their rows.
func pages[T any](cursor *string, page func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			rows, next, err := page(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = next
		}
	}
}
