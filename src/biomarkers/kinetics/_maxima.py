"""Compiled choice of starts: the local maxima of the grid, one for every basin."""

from biomarkers.compiling import compiled, compiled_inline, compiled_sums
from biomarkers.kinetics._grid_search import STARTS, Grid, GridSearch, scan_choices
from biomarkers.kinetics._linear import BoolArray, FloatArray, axpys, copy, dot

FLAT = 0.01  # a paraboloid narrower than this, as a share, does not tell where it peaks


@compiled
def _keep(starts: FloatArray, gains: FloatArray, count: int, value: float) -> int:
    """Make room for a start of this gain among the best; returns its place, STARTS if none."""
    place = min(count, STARTS)
    while place > 0 and gains[place - 1] < value:
        place -= 1
    if place < STARTS:
        for k in range(min(count, STARTS - 1), place, -1):
            copy(starts[k - 1], starts[k])
            gains[k] = gains[k - 1]
        gains[place] = value
    return place


@compiled
def _shift(left: float, middle: float, right: float) -> float:
    """How far from the middle, in points, the parabola through three values peaks."""
    bend = 2.0 * middle - left - right
    if bend <= 0.0 or left < 0.0 or right < 0.0:
        return 0.0
    return float(min(max(0.5 * (right - left) / bend, -0.5), 0.5))


@compiled
def _pick_single(grid: Grid, scan: GridSearch, starts: FloatArray, gains: FloatArray) -> None:
    """Take the best rate alone, the second as large as may be, for the first start."""
    best, nodes = scan.best, grid.nodes
    last, top = nodes.size - 1, 0
    for g in range(last + 1):
        if best[g] > best[top]:
            top = g
    inside = 0 < top < last
    shift = _shift(best[top - 1], best[top], best[top + 1]) if inside else 0.0
    starts[0, 0], starts[0, 1] = nodes[top] + shift * nodes[1], nodes[last]
    gains[0] = best[top]


@compiled_sums
def _count_maxima(pairs: FloatArray, i: int, count: int, worth: float) -> int:
    """How many pairs of a row are worth refining and exceed those beside, above and below."""
    total = 0
    for j in range(1, count + 1):
        here = pairs[i, j]
        along = (here > pairs[i, j - 1]) & (here >= pairs[i, j + 1])
        across = (here > pairs[i - 1, j]) & (here >= pairs[i + 1, j])
        total += along & across & (here > worth)
    return total


@compiled
def _is_maximum(pairs: FloatArray, i: int, j: int) -> bool:
    """Whether a pair exceeds all its neighbours."""
    value = pairs[i, j]
    if not (value > pairs[i, j - 1] and value >= pairs[i, j + 1]):
        return False
    for k in range(j - 1, j + 2):
        if pairs[i - 1, k] >= value or pairs[i + 1, k] > value:
            return False
    return True


@compiled
def _peak(pairs: FloatArray, i: int, j: int) -> tuple[float, float, float]:
    """Peak of the paraboloid through a pair and its neighbours: shifts, in points, and gain."""
    top = pairs[i, j]
    for k in range(i - 1, i + 2):
        for m in range(j - 1, j + 2):
            if pairs[k, m] < 0.0:
                return 0.0, 0.0, top
    rise, climb = (
        0.5 * (pairs[i + 1, j] - pairs[i - 1, j]),
        0.5 * (pairs[i, j + 1] - pairs[i, j - 1]),
    )
    bend = 2.0 * top - pairs[i + 1, j] - pairs[i - 1, j]
    curl = 2.0 * top - pairs[i, j + 1] - pairs[i, j - 1]
    twist = 0.25 * (
        pairs[i + 1, j - 1] + pairs[i - 1, j + 1] - pairs[i + 1, j + 1] - pairs[i - 1, j - 1]
    )
    area = bend * curl - twist * twist
    if not area > FLAT * bend * curl:
        return 0.0, 0.0, top
    down, across = (curl * rise - twist * climb) / area, (bend * climb - twist * rise) / area
    longest = max(abs(down), abs(across), 1.0)
    down, across = down / longest, across / longest
    inner = rise * down + climb * across
    fall = bend * down * down + 2.0 * twist * down * across + curl * across * across
    return down, across, top + inner - 0.5 * fall


@compiled_inline
def _pick_pairs(
    grid: Grid, worth: float, scan: GridSearch, starts: FloatArray, gains: FloatArray
) -> int:
    """Add the highest local maxima over pairs of rates to the start there is; returns how many."""
    pairs, nodes, count = scan.pairs, grid.nodes, 1
    for i in range(1, nodes.size + 1):
        last = nodes.size - i if grid.shared else nodes.size
        if _count_maxima(pairs, i, last, worth) == 0:
            continue
        for j in range(1, last + 1):
            if not (pairs[i, j] > worth and _is_maximum(pairs, i, j)):
                continue
            down, across, gain = _peak(pairs, i, j)
            place = _keep(starts, gains, count, gain)
            if place < STARTS:
                count = min(count + 1, STARTS)
                starts[place, 0] = nodes[i - 1] + down * nodes[1]
                starts[place, 1] = nodes[nodes.size - j] - across * nodes[1]
    return count


@compiled
def find_starts(
    grid: Grid, target: FloatArray, outside: float, nonnegative: BoolArray, scan: GridSearch
) -> int:
    """Find the basins of two rates' grid, best first, and what each explains; returns how many.

    `outside` is what no column reaches of the curve's squared length.
    """
    starts, gains = scan.starts, scan.start_gains
    for f in range(scan.on_fixed.size):
        scan.on_fixed[f] = dot(grid.fixed[f], target)
    for k in range(scan.on_rates.shape[0]):
        if k > 0 and grid.shared:
            last = grid.nodes.size - 1
            for g in range(last + 1):
                scan.on_rates[k, g] = scan.on_rates[0, last - g]
        else:
            axpys(target, grid.columns[k], scan.on_rates[k])
    worth = scan_choices(grid, target, outside, nonnegative, scan)
    _pick_single(grid, scan, starts, gains)
    return _pick_pairs(grid, worth, scan, starts, gains)
