using System.Text;

namespace StorageEngines;

/// <summary>
/// A path as the bytes that the file system holds, with <c>/</c> between components. It need not be UTF-8 and may hold line breaks. The default
/// value is the empty path, which means the root of a tree volume.
/// </summary>
/// <remarks>Immutable as long as the bytes it was given are; ordered byte by byte; safe for use by several threads.</remarks>
public readonly struct BytePath : IEquatable<BytePath>, IComparable<BytePath>
{
    /// <summary>Makes a path from bytes, which are not copied.</summary>
    /// <param name="bytes">The path's bytes, without a terminating NUL.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> holds a NUL byte.</exception>
    public BytePath(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.Contains((byte)0))
        {
            throw new ArgumentException("A path cannot hold a NUL byte.", nameof(bytes));
        }

        Bytes = bytes;
    }

    /// <summary>The empty path: the root of a tree volume.</summary>
    public static BytePath Root => default;

    /// <summary>The path's bytes, without a terminating NUL.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The path's bytes, without a terminating NUL.</summary>
    public ReadOnlySpan<byte> Span => Bytes.Span;

    private BytePath Trimmed => new(Bytes.Trim((byte)'/'));

    /// <summary>The length in bytes.</summary>
    public int Length => Bytes.Length;

    /// <summary>True for the empty path.</summary>
    public bool IsRoot => Bytes.IsEmpty;

    /// <summary>True if the path begins with <c>/</c>.</summary>
    public bool IsAbsolute => !Bytes.IsEmpty && Bytes.Span[0] == (byte)'/';

    /// <summary>
    /// True if the path stays below whatever it is relative to, as far as its text can tell: not absolute, no empty component, no <c>.</c>, no
    /// <c>..</c>. The empty path is safe too. Symbolic links on disk are another matter; whoever writes has to refuse them as well.
    /// </summary>
    public bool IsSafeRelative
    {
        get
        {
            ReadOnlySpan<byte> rest = Span;
            while (!rest.IsEmpty)
            {
                int slash = rest.IndexOf((byte)'/');
                ReadOnlySpan<byte> component = slash < 0 ? rest : rest[..slash];
                if (component.IsEmpty || component.SequenceEqual("."u8) || component.SequenceEqual(".."u8) || slash == rest.Length - 1)
                {
                    return false;
                }

                rest = slash < 0 ? default : rest[(slash + 1)..];
            }

            return true;
        }
    }

    /// <summary>The last component; empty for the root.</summary>
    public BytePath Name => Span.LastIndexOf((byte)'/') is var slash and >= 0 ? new BytePath(Bytes[(slash + 1)..]) : this;

    /// <summary>Everything before the last component; the root for a path of one component, and for the root itself.</summary>
    public BytePath Parent => Span.LastIndexOf((byte)'/') is var slash and >= 0 ? new BytePath(Bytes[..slash]) : default;

    /// <summary>Makes a path from text, encoded as UTF-8. Backslashes are ordinary characters here; see <see cref="Parse"/> for the escaped form.</summary>
    /// <param name="text">The path as text.</param>
    /// <returns>The path.</returns>
    public static BytePath FromString(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads the form that <see cref="ToString"/> prints.</summary>
    /// <param name="text">The printed form.</param>
    /// <returns>The path.</returns>
    /// <exception cref="FormatException">A backslash begins no known escape, or the path holds a NUL.</exception>
    public static BytePath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = ByteText.Unescape(text);
        return bytes.AsSpan().Contains((byte)0) ? throw new FormatException("A path cannot hold a NUL byte.") : new BytePath(bytes);
    }

    /// <summary>This path with another below it.</summary>
    /// <param name="relative">What to add; if empty, this path is returned.</param>
    /// <returns>The joined path, in new memory.</returns>
    /// <exception cref="ArgumentException"><paramref name="relative"/> is absolute.</exception>
    public BytePath Append(BytePath relative)
    {
        if (relative.IsAbsolute)
        {
            throw new ArgumentException("An absolute path cannot be put below another one.", nameof(relative));
        }

        if (relative.IsRoot || IsRoot)
        {
            return IsRoot ? relative : this;
        }

        int separator = Span[^1] == (byte)'/' ? 0 : 1;
        var joined = new byte[Length + separator + relative.Length];
        Span.CopyTo(joined);
        joined[Length] = (byte)'/';
        relative.Span.CopyTo(joined.AsSpan(Length + separator));
        return new BytePath(joined);
    }

    /// <summary>True if this path is <paramref name="ancestor"/> or lies below it.</summary>
    /// <param name="ancestor">A path; everything lies below the root.</param>
    /// <returns>Whether it does.</returns>
    public bool IsAtOrBelow(BytePath ancestor)
        => ancestor.IsRoot || (Span.StartsWith(ancestor.Span) && (Length == ancestor.Length || Span[ancestor.Length] == (byte)'/'));

    /// <summary>True if this location is a place or lies below it, as users write places: a slash at the beginning or at the end does not count.</summary>
    /// <param name="place">A location; everything lies within <c>/</c> and within nothing.</param>
    /// <returns>Whether it does.</returns>
    public bool IsWithin(BytePath place) => Trimmed.IsAtOrBelow(place.Trimmed);

    /// <summary>Compares byte by byte, as unsigned bytes; a prefix comes first.</summary>
    /// <param name="other">Another path.</param>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public int CompareTo(BytePath other) => Span.SequenceCompareTo(other.Span);

    /// <inheritdoc/>
    public bool Equals(BytePath other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BytePath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The path printed losslessly on one line; see <see cref="ByteText"/>.</summary>
    /// <returns>The printed form, which <see cref="Parse"/> reads.</returns>
    public override string ToString() => ByteText.Escape(Span);

    /// <summary>Compares two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they hold the same bytes.</returns>
    public static bool operator ==(BytePath left, BytePath right) => left.Equals(right);

    /// <summary>Compares two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they differ.</returns>
    public static bool operator !=(BytePath left, BytePath right) => !left.Equals(right);

    /// <summary>Orders two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first comes before the second.</returns>
    public static bool operator <(BytePath left, BytePath right) => left.CompareTo(right) < 0;

    /// <summary>Orders two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first comes after the second.</returns>
    public static bool operator >(BytePath left, BytePath right) => left.CompareTo(right) > 0;

    /// <summary>Orders two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first does not come after the second.</returns>
    public static bool operator <=(BytePath left, BytePath right) => left.CompareTo(right) <= 0;

    /// <summary>Orders two paths byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if the first does not come before the second.</returns>
    public static bool operator >=(BytePath left, BytePath right) => left.CompareTo(right) >= 0;
}
