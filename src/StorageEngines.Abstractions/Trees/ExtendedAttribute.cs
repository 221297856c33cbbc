namespace StorageEngines;

/// <summary>An extended attribute of a file.</summary>
/// <param name="Name">Its full name with the namespace, e.g. <c>user.mime_type</c>; bytes, no NUL.</param>
/// <param name="Value">Its value.</param>
public readonly record struct ExtendedAttribute(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value)
{
    /// <summary>Equal if name and value hold the same bytes.</summary>
    /// <param name="other">Another attribute.</param>
    /// <returns>Whether they are equal.</returns>
    public bool Equals(ExtendedAttribute other) => Name.Span.SequenceEqual(other.Name.Span) && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Name.Span);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }
}
