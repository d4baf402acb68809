package api

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// asOf is when an answer was computed, which is no part of what it says.
var asOf = regexp.MustCompile(`"as_of":"[^"]*"`)

// tag gives each answer to a GET a weak entity tag (RFC 9110 §8.8.3), and to who has that answer already, 304 without it. It saves the
// way, not the work: whether figures have changed is known when they are computed.
func (a *API) tag(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	res := c.Response()
	if c.Method() != fiber.MethodGet || res.StatusCode() != fiber.StatusOK || res.IsBodyStream() || len(res.Header.Peek(fiber.HeaderContentRange)) > 0 {
		return nil
	}
	sum := sha256.Sum256(asOf.ReplaceAll(res.Body(), nil))
	etag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, etag)
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		res.ResetBody()
		c.Status(fiber.StatusNotModified)
	}
	return nil
}

// matches compares weakly, as If-None-Match is to be.
func matches(header, etag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}
