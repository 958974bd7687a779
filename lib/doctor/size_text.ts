/** A size in MiB or GiB. */
export function sizeText(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  return mib < 1024
    ? `${mib.toFixed(1)} MiB`
    : `${(mib / 1024).toFixed(1)} GiB`;
}
