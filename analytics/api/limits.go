package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/limiter"
)

// limitRequests refuses more requests in a minute than http.requests_per_minute: of a user with all his sessions, of a key, and of
// an address for whoever has not proven who he is. Live streams are bounded by http.max_streams instead, and pages' files are not
// counted: they cost nothing.
func (a *API) limitRequests() fiber.Handler {
	return limiter.New(limiter.Config{
		Max: a.cfg.RequestsPerMinute, Expiration: time.Minute, LimiterMiddleware: limiter.SlidingWindow{},
		Next: func(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), Prefix+"/live/") },
		KeyGenerator: func(c *fiber.Ctx) string {
			if r := of(c.UserContext()); r.auth == nil {
				return r.asker()
			}
			return "address " + c.IP()
		},
		LimitReached: func(c *fiber.Ctx) error {
			return fail(CodeTooManyRequests, "at most "+strconv.Itoa(a.cfg.RequestsPerMinute)+" in a minute", nil)
		},
	})
}
