// Package dashboards carries the built pages inside the binary: wallboard, agent desk, contacts. analytics/api serves
// them. It holds files and nothing else; `make build` fills web/dist.
package dashboards

import (
	"embed"
	"io/fs"
)

//go:embed all:web/dist
var dist embed.FS

// Pages is the folder with index.html at its root, or nil when the pages were not built into this binary.
func Pages() fs.FS {
	pages, err := fs.Sub(dist, "web/dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(pages, "index.html"); err != nil {
		return nil
	}
	return pages
}
