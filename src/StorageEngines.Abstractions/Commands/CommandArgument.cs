using System.Text;

namespace StorageEngines;

/// <summary>One argument of a command, as bytes: a file name need not be UTF-8. Never a piece of shell text; quoting is the runner's business.</summary>
/// <remarks>Immutable; safe for use by several threads.</remarks>
public readonly struct CommandArgument : IEquatable<CommandArgument>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Makes an argument from raw bytes.</summary>
    /// <param name="bytes">The argument's bytes, without a terminating NUL. May be empty.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> holds a NUL byte, which no operating system can pass on.</exception>
    public CommandArgument(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Span.Contains((byte)0))
        {
            throw new ArgumentException("A command argument cannot hold a NUL byte.", nameof(bytes));
        }

        _bytes = bytes;
    }

    /// <summary>The argument's bytes, without a terminating NUL.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Makes an argument from text, encoded as UTF-8.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator CommandArgument(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Makes an argument from a path.</summary>
    /// <param name="path">The path.</param>
    public static implicit operator CommandArgument(BytePath path) => new(path.Bytes);

    /// <summary>Makes an argument from text, encoded as UTF-8.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The argument.</returns>
    public static CommandArgument FromString(string text) => text;

    /// <summary>Makes an argument from a path.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The argument.</returns>
    public static CommandArgument FromBytePath(BytePath path) => path;

    /// <inheritdoc/>
    public bool Equals(CommandArgument other) => _bytes.Span.SequenceEqual(other._bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CommandArgument other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>The argument printed losslessly: what is not printable UTF-8 appears as <c>\xNN</c>.</summary>
    /// <returns>The printed form.</returns>
    public override string ToString() => ByteText.Escape(_bytes.Span);

    /// <summary>Compares two arguments byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they hold the same bytes.</returns>
    public static bool operator ==(CommandArgument left, CommandArgument right) => left.Equals(right);

    /// <summary>Compares two arguments byte by byte.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns>True if they differ.</returns>
    public static bool operator !=(CommandArgument left, CommandArgument right) => !left.Equals(right);
}
