namespace StorageEngines.Posix;

/// <summary>An instant as files carry it. The whole range of the kernel fits; no rounding takes place.</summary>
/// <param name="Seconds">Whole seconds since 1970-01-01T00:00:00Z, may be negative.</param>
/// <param name="Nanoseconds">Nanoseconds after <paramref name="Seconds"/>, 0 to 999 999 999.</param>
internal readonly record struct PosixTime(long Seconds, int Nanoseconds) : IComparable<PosixTime>
{
    /// <summary>Nanoseconds since 1970; wide enough for every value.</summary>
    internal Int128 TotalNanoseconds => ((Int128)Seconds * 1_000_000_000) + Nanoseconds;

    /// <inheritdoc/>
    public int CompareTo(PosixTime other)
    {
        int seconds = Seconds.CompareTo(other.Seconds);
        return seconds != 0 ? seconds : Nanoseconds.CompareTo(other.Nanoseconds);
    }
}
