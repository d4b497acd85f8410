// What of a surface is in sight: a hill hides who is behind it.

const CLEAR = 0.006; // so far above the surface, of the map's width, is nothing hidden by its own ground

/**
 * Whether the surface stands between a point [x, y, z] on it and the eye [x, y, z].
 * `risesTo(x, y)` is the surface over the square from −½ to ½, nowhere above `highest`; it is looked
 * at every `step` on the way.
 */
export function isHidden([x, y, z], eye, risesTo, highest, step) {
  const [toX, toY, toZ] = [eye[0] - x, eye[1] - y, eye[2] - z];
  const part = step / Math.hypot(toX, toY);
  if (!Number.isFinite(part)) return false; // looked at from straight above
  for (let share = part; share < 1; share += part) {
    const [overX, overY, above] = [x + share * toX, y + share * toY, z + share * toZ];
    if (above > highest || Math.abs(overX) > 0.5 || Math.abs(overY) > 0.5) return false;
    if (risesTo(overX, overY) > above + CLEAR) return true;
  }
  return false;
}
