namespace StorageEngines.Zfs.Streams;

/// <summary>A packed list of names and values (<c>nvlist</c>), as it is in BEGIN records and resume tokens.</summary>
/// <param name="pairs">The pairs, in their order.</param>
internal sealed class NameValueList(IReadOnlyList<NameValue> pairs)
{
    /// <summary>A list without pairs.</summary>
    internal static readonly NameValueList Empty = new([]);

    /// <summary>The pairs, in their order.</summary>
    internal IReadOnlyList<NameValue> Pairs { get; } = pairs;

    /// <summary>Reads a packed list.</summary>
    /// <param name="bytes">The list; may be empty.</param>
    /// <param name="source">What it is part of, for messages.</param>
    /// <param name="offset">Where it is there, in bytes.</param>
    /// <returns>The list.</returns>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static NameValueList Parse(ReadOnlySpan<byte> bytes, string source, long offset)
        => bytes.IsEmpty ? Empty : new NameValueReader(bytes, source, offset).ReadAll();

    /// <summary>The pair with a name, or null.</summary>
    internal NameValue? Find(string name) => Pairs.FirstOrDefault(pair => pair.Name == name);

    /// <summary>The number with a name, or null.</summary>
    internal ulong? Number(string name) => Find(name) is { Kind: not (NameValueKind.Text or NameValueKind.List or NameValueKind.Lists) } pair ? pair.Number : null;

    /// <summary>The text with a name, or null.</summary>
    internal string? Text(string name) => Find(name)?.Text;

    /// <summary>The list with a name, or null.</summary>
    internal NameValueList? List(string name) => Find(name) is { Kind: NameValueKind.List } pair ? pair.Lists[0] : null;
}
