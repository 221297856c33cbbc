namespace StorageEngines.Testing;

/// <summary>
/// A tree volume of an <see cref="InMemoryStorageEngine"/>, to change as its user would. Paths are relative to the root; symbolic links are not followed.
/// Writing sets a file's time of modification from the engine's clock, and adding or removing a name that of its directory.
/// </summary>
/// <remarks>
/// Safe for use by several threads; each call happens at one instant. Calls throw <see cref="InvalidOperationException"/> if a path is not there, is
/// taken, or is of the wrong type. What is read here is not counted in <see cref="InMemoryCounters"/>.
/// </remarks>
public sealed class InMemoryTreeVolume
{
    private readonly MemoryStore _store;
    private readonly VolumeState _volume;

    internal InMemoryTreeVolume(MemoryStore store, VolumeState volume)
    {
        _store = store;
        _volume = volume;
    }

    /// <summary>The volume's id and present name.</summary>
    public VolumeRef Ref => Info.Ref;

    /// <summary>What is known of the volume now.</summary>
    public VolumeInfo Info
    {
        get
        {
            lock (_store.Gate)
            {
                return _volume.Info;
            }
        }
    }

    /// <summary>Makes a regular file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="content">Its bytes. Default: none.</param>
    /// <param name="mode">Its permission bits, 0 to 4095. Default: 420 (octal 644).</param>
    public void CreateFile(BytePath path, ReadOnlySpan<byte> content = default, int mode = 0x1A4)
    {
        SparseContent bytes = SparseContent.Empty(content.Length, _store.Options.BlockSizeBytes).Write(0, content);
        Add(path, node => node with { Content = bytes, Mode = mode }, TreeEntryType.File);
    }

    /// <summary>Makes an empty directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="mode">Its permission bits, 0 to 4095. Default: 493 (octal 755).</param>
    public void CreateDirectory(BytePath path, int mode = 0x1ED) => Add(path, node => node with { Mode = mode }, TreeEntryType.Directory);

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="target">Where it points; any bytes but NUL.</param>
    public void CreateSymbolicLink(BytePath path, BytePath target)
        => Add(path, node => node with { LinkTarget = target.Bytes.ToArray(), Mode = 0x1FF }, TreeEntryType.SymbolicLink);

    /// <summary>Makes a named pipe.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="mode">Its permission bits, 0 to 4095. Default: 420 (octal 644).</param>
    public void CreateFifo(BytePath path, int mode = 0x1A4) => Add(path, node => node with { Mode = mode }, TreeEntryType.Fifo);

    /// <summary>Gives a file that is no directory one more name.</summary>
    /// <param name="path">A name that it has.</param>
    /// <param name="newPath">The new name.</param>
    public void CreateHardLink(BytePath path, BytePath newPath) => Change((tree, now) =>
    {
        TreeNode node = tree.Require(path);
        return node.Type == TreeEntryType.Directory
            ? throw new InvalidOperationException($"'{path}' is a directory, which can have one name only.")
            : tree.Link(newPath, node with { Links = node.Links + 1, ChangedAt = now }, now);
    });

    /// <summary>Writes to a regular file; it grows if the range ends beyond its end.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="data">The bytes.</param>
    public void Write(BytePath path, long offset, ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        ChangeContent(path, content => content.Resize(Math.Max(content.Length, offset + copy.Length)).Write(offset, copy));
    }

    /// <summary>Cuts or grows a regular file; a grown range is a hole.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="length">The new length in bytes; 0 or more.</param>
    public void Truncate(BytePath path, long length) => ChangeContent(path, content => content.Resize(length));

    /// <summary>Punches a hole into a regular file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="offset">First byte; 0 or more.</param>
    /// <param name="length">Length in bytes; it has to end at or before the file's end.</param>
    public void PunchHole(BytePath path, long offset, long length) => ChangeContent(path, content => content.Punch(offset, length));

    /// <summary>Moves a name. What is under the new one is replaced, unless it is a directory that is not empty.</summary>
    /// <param name="path">The old path.</param>
    /// <param name="newPath">The new path.</param>
    public void Rename(BytePath path, BytePath newPath) => Change((tree, now) => tree.Rename(path, newPath, now));

    /// <summary>Takes a name away; of a directory too, if it is empty. A file goes with its last name.</summary>
    /// <param name="path">The path.</param>
    public void Delete(BytePath path) => Change((tree, now) => tree.Unlink(path, now));

    /// <summary>Sets the permission bits.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mode">0 to 4095.</param>
    public void SetMode(BytePath path, int mode) => ChangeNode(path, node => node with { Mode = mode });

    /// <summary>Sets owner and group.</summary>
    /// <param name="path">The path.</param>
    /// <param name="userId">The owner's numeric id.</param>
    /// <param name="groupId">The group's numeric id.</param>
    public void SetOwner(BytePath path, uint userId, uint groupId) => ChangeNode(path, node => node with { UserId = userId, GroupId = groupId });

    /// <summary>Sets the time of modification.</summary>
    /// <param name="path">The path.</param>
    /// <param name="time">The time.</param>
    public void SetModifiedAt(BytePath path, UnixTime time) => ChangeNode(path, node => node with { ModifiedAt = time });

    /// <summary>Sets or removes an extended attribute.</summary>
    /// <param name="path">The path.</param>
    /// <param name="name">The attribute's full name, e.g. <c>user.mime_type</c>.</param>
    /// <param name="value">Its value, or null to remove it.</param>
    public void SetAttribute(BytePath path, string name, byte[]? value)
    {
        BytePath key = BytePath.FromString(name);
        ChangeNode(path, node => node with
        {
            Attributes = value is null ? node.Attributes.Remove(key) : node.Attributes.SetItem(key, (byte[])value.Clone()),
        });
    }

    /// <summary>Gets what is under a path of the live volume.</summary>
    /// <param name="path">The path; empty for the root.</param>
    /// <returns>The entry, or null if there is none.</returns>
    public TreeEntry? Get(BytePath path) => State().Find(path)?.ToEntry(path);

    /// <summary>Lists the live volume, a directory before what is below it.</summary>
    /// <returns>The entries, the root first.</returns>
    public IReadOnlyList<TreeEntry> List() => [.. State().Walk().Select(item => item.Node.ToEntry(item.Path))];

    /// <summary>Reads a whole regular file of the live volume.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Its bytes.</returns>
    public byte[] ReadFile(BytePath path)
    {
        SparseContent content = State().RequireFile(path).Content!;
        var bytes = new byte[content.Length];
        content.Read(0, bytes);
        return bytes;
    }

    private TreeState State()
    {
        lock (_store.Gate)
        {
            return _volume.Content.Tree!;
        }
    }

    private void Add(BytePath path, Func<TreeNode, TreeNode> complete, TreeEntryType type) => Change((tree, now) =>
    {
        if (!path.IsSafeRelative)
        {
            throw new InvalidOperationException($"'{path}' is not a path below the root.");
        }

        var node = new TreeNode(tree.NextId, type) { ModifiedAt = now, ChangedAt = now };
        return tree.Link(path, complete(node), now) with { NextId = tree.NextId + 1 };
    });

    private void ChangeContent(BytePath path, Func<SparseContent, SparseContent> change) => Change((tree, now) =>
    {
        TreeNode file = tree.RequireFile(path);
        return tree.With(file with { Content = change(file.Content!), ModifiedAt = now, ChangedAt = now });
    });

    private void ChangeNode(BytePath path, Func<TreeNode, TreeNode> change)
        => Change((tree, now) => tree.With(change(tree.Require(path)) with { ChangedAt = now }));

    private void Change(Func<TreeState, UnixTime, TreeState> change)
    {
        lock (_store.Gate)
        {
            _volume.Content = new VolumeContent(null, change(_volume.Content.Tree!, _store.Now));
        }
    }
}
