using System.Collections.Immutable;

namespace StorageEngines.Testing;

/// <summary>A file of any type, behind one name or several. Its id is never used again in its volume.</summary>
internal sealed record TreeNode(ulong Id, TreeEntryType Type)
{
    public int Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    public UnixTime ModifiedAt { get; init; }

    public UnixTime ChangedAt { get; init; }

    /// <summary>The bytes of a regular file.</summary>
    public SparseContent? Content { get; init; }

    public ReadOnlyMemory<byte> LinkTarget { get; init; }

    /// <summary>The names in a directory.</summary>
    public ImmutableSortedDictionary<BytePath, ulong> Children { get; init; } = ImmutableSortedDictionary<BytePath, ulong>.Empty;

    public uint Links { get; init; } = 1;

    public ImmutableSortedDictionary<BytePath, byte[]> Attributes { get; init; } = ImmutableSortedDictionary<BytePath, byte[]>.Empty;

    public TreeEntry ToEntry(BytePath path) => new(path, Type, Mode, UserId, GroupId, Content?.Length ?? LinkTarget.Length, ModifiedAt)
    {
        LinkTarget = LinkTarget,
        FileId = Id,
        LinkCount = Links,
        ChangedAt = ChangedAt,
        Attributes = [.. Attributes.Select(pair => new ExtendedAttribute(pair.Key.Bytes, pair.Value))],
    };

    /// <summary>Whether what a restore brings back, but for content and names, is the same.</summary>
    public bool HasSameMetadata(TreeNode other)
        => Mode == other.Mode && UserId == other.UserId && GroupId == other.GroupId && ModifiedAt == other.ModifiedAt
        && (ReferenceEquals(Attributes, other.Attributes)
            || (Attributes.Count == other.Attributes.Count
                && Attributes.Zip(other.Attributes).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value))));
}
