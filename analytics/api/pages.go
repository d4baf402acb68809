package api

import (
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// servePages answers with the built pages: a file where there is one, index.html for the pages' own paths. It is the last
// handler; what it doesn't serve falls through to 404 or 405.
func (a *API) servePages(c *fiber.Ctx) error {
	if a.pages == nil || (c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead) || strings.HasPrefix(c.Path(), "/api") {
		return c.Next()
	}
	name := strings.TrimPrefix(path.Clean(c.Path()), "/")
	if name == "" || path.Ext(name) == "" || strings.HasPrefix(name, "contacts/") || strings.HasPrefix(name, "users/") {
		name = "index.html" // a path of the pages' own router; ids of contacts and names of users hold dots
	}
	b, err := fs.ReadFile(a.pages, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return c.Next()
	case err != nil:
		return c.Next() // a folder
	}
	c.Set(fiber.HeaderContentType, contentTypeOf(name, b))
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if strings.HasPrefix(name, "assets/") { // Vite puts a hash of the content into these names
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return c.Send(b)
}

// contentTypeOf knows the types of built pages by itself: the system's table may lack them.
func contentTypeOf(name string, b []byte) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return http.DetectContentType(b)
}
