package media

// cursor reads numbers one after the other; over says that there were fewer.
type cursor struct {
	data []byte
	over bool
}

// number returns the next n bytes as a number; the last 8 of them count.
func (c *cursor) number(n int) (v uint64) {
	for _, b := range c.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

// take returns the next n bytes; none where there are fewer.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.data) {
		c.over, c.data = true, nil
		return nil
	}
	taken := c.data[:n]
	c.data = c.data[n:]
	return taken
}
