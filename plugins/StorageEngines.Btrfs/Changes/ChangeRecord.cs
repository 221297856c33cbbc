namespace StorageEngines.Btrfs.Changes;

/// <summary>What waits in the spool of one file. It is read into one object again and again.</summary>
/// <param name="mostSegments">The most ranges that are kept.</param>
internal sealed class ChangeRecord(int mostSegments)
{
    private const ulong OfPlainFile = 1;
    private const ulong OfObject = 2;

    /// <summary>The object, or -1 for a file that kept its only name.</summary>
    internal int Object { get; private set; }

    /// <summary>That file's directory.</summary>
    internal int Directory { get; private set; }

    /// <summary>Its name.</summary>
    internal ReadOnlyMemory<byte> Name { get; private set; }

    /// <summary>What was said of it but for its content.</summary>
    internal ObjectFlags Flags { get; private set; }

    /// <summary>What it was in the base, if there was someone to ask.</summary>
    internal KnownEntry? Known { get; private set; }

    /// <summary>What it is in the target, if whoever wrote the record knew it.</summary>
    internal KnownEntry? After { get; private set; }

    /// <summary>What was said of its content.</summary>
    internal FileContent Content { get; } = new(mostSegments);

    internal static void SavePlain(SpoolWriter writer, ReceiverTree tree, int file, KnownEntry? known, KnownEntry? after, FileContent content)
    {
        ref TreeObject it = ref tree.Objects[file];
        ref NameEntry name = ref tree.Names[it.NowName];
        SavePlain(writer, name.Directory, tree.Names.NameOf(in name), it.Flags, known, after, content);
    }

    internal static void SavePlain(
        SpoolWriter writer, int directory, ReadOnlySpan<byte> name, ObjectFlags flags, KnownEntry? known, KnownEntry? after, FileContent content)
    {
        writer.Number(OfPlainFile);
        writer.Number((ulong)directory);
        writer.Bytes(name);
        writer.Number((ulong)flags);
        Save(writer, known);
        Save(writer, after);
        content.Save(writer);
    }

    internal static void SaveObject(SpoolWriter writer, int file, FileContent content, KnownEntry? known = null, KnownEntry? after = null)
    {
        writer.Number(OfObject);
        writer.Number((ulong)file);
        Save(writer, known);
        Save(writer, after);
        content.Save(writer);
    }

    internal void Load(SpoolReader reader)
    {
        if (reader.Number() == OfObject)
        {
            Object = reader.Int();
        }
        else
        {
            Object = -1;
            Directory = reader.Int();
            Name = reader.Bytes();
            Flags = (ObjectFlags)reader.Number();
        }

        Known = reader.Number() == 0 ? null : LoadEntry(reader);
        After = reader.Number() == 0 ? null : LoadEntry(reader);
        Content.Load(reader);
    }

    private static void Save(SpoolWriter writer, in KnownEntry? known)
    {
        writer.Number(known is null ? 0UL : 1);
        if (known is not { } entry)
        {
            return;
        }

        writer.Number((ulong)entry.Type);
        writer.Number(entry.Inode);
        writer.Number(entry.Links);
        writer.Number((ulong)entry.SizeBytes);
        writer.Number(entry.Mode);
        writer.Number(entry.UserId);
        writer.Number(entry.GroupId);
        writer.Signed(entry.ModifiedAt.Seconds);
        writer.Number((ulong)entry.ModifiedAt.Nanoseconds);
        writer.Number(entry.Device);
    }

    private static KnownEntry LoadEntry(SpoolReader reader)
    {
        var type = (TreeEntryType)reader.Number();
        ulong inode = reader.Number();
        var links = (uint)reader.Number();
        long size = reader.Long();
        var mode = (uint)reader.Number();
        var user = (uint)reader.Number();
        var group = (uint)reader.Number();
        long seconds = reader.Signed();
        var time = new UnixTime(seconds, reader.Int());
        return new KnownEntry(type, inode, links, size, mode, user, group, time, reader.Number());
    }
}
