namespace StorageEngines.Specification;

/// <summary>One name of a tree with its content.</summary>
/// <param name="Entry">What the engine says of it.</param>
/// <param name="Content">The bytes of a regular file; empty for others.</param>
public sealed record TreeNode(TreeEntry Entry, byte[] Content)
{
    /// <summary>Says how this node differs from another under the same path, in what a restore brings back.</summary>
    /// <param name="other">The other node.</param>
    /// <returns>The kinds of difference; none if they are the same.</returns>
    public FileChangeKind DifferenceFrom(TreeNode other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Entry.Type != other.Entry.Type)
        {
            return FileChangeKind.Type;
        }

        FileChangeKind kind = FileChangeKind.None;
        bool sameContent = Content.AsSpan().SequenceEqual(other.Content) && Entry.LinkTarget.Span.SequenceEqual(other.Entry.LinkTarget.Span);
        kind |= sameContent ? 0 : FileChangeKind.Content;
        bool sameOwner = Entry.Mode == other.Entry.Mode && Entry.UserId == other.Entry.UserId && Entry.GroupId == other.Entry.GroupId;
        bool sameMetadata = sameOwner && Entry.ModifiedAt == other.Entry.ModifiedAt && Entry.Attributes.SequenceEqual(other.Entry.Attributes);
        kind |= sameMetadata ? 0 : FileChangeKind.Metadata;
        bool countsNames = Entry.Type != TreeEntryType.Directory;
        kind |= countsNames && Entry.LinkCount != other.Entry.LinkCount ? FileChangeKind.LinkCount : 0;
        return kind;
    }
}
