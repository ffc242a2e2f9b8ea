// What every page loads. Pages work without it; htmx makes them smoother.
import "htmx.org";
