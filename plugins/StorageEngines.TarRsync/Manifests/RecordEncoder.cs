using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Writes entries one after the other into a frame; see docs/store-format.md for the layout.</summary>
internal sealed class RecordEncoder
{
    private byte[] _path = new byte[4096];
    private int _pathLength;
    private RecordBase _last;

    /// <summary>Begins a frame: nothing refers to what was before.</summary>
    internal void Reset()
    {
        _pathLength = 0;
        _last = default;
    }

    /// <summary>Appends an entry.</summary>
    /// <param name="output">Takes the record.</param>
    /// <param name="contents">Takes the content.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="content">Its content.</param>
    internal void Append(ByteBuffer output, ByteBuffer contents, in ManifestEntry entry, ReadOnlySpan<byte> content)
    {
        AppendPath(output, entry.Path.Span);
        RecordFlags flags = Flags(in entry, content);
        output.AppendVarint((ulong)flags);
        if ((flags & RecordFlags.SameOwner) == 0)
        {
            output.AppendVarint(entry.Mode);
            output.AppendVarint(entry.UserId);
            output.AppendVarint(entry.GroupId);
        }
        if ((flags & RecordFlags.SameDevice) == 0)
        {
            output.AppendVarint(entry.DeviceMajor);
            output.AppendVarint(entry.DeviceMinor);
        }
        output.AppendVarint((ulong)entry.Size);
        AppendTimes(output, in entry, flags);
        output.AppendVarint(Varint.ZigZag(unchecked((long)(entry.Inode - _last.Inode))));
        AppendRest(output, in entry, flags);
        if (!content.IsEmpty)
        {
            output.AppendVarint((ulong)content.Length);
            contents.Append(content);
        }
        _last = new RecordBase(in entry);
    }

    /// <summary>Goes on behind records that were copied.</summary>
    /// <param name="last">What the next record refers to.</param>
    /// <param name="path">The path of the last record.</param>
    internal void Continue(in RecordBase last, ReadOnlySpan<byte> path)
    {
        _last = last;
        SetPath(path, 0);
    }

    private void AppendPath(ByteBuffer output, ReadOnlySpan<byte> path)
    {
        int shared = path.CommonPrefixLength(_path.AsSpan(0, _pathLength));
        output.AppendVarint((ulong)shared);
        output.AppendBlob(path[shared..]);
        SetPath(path, shared);
    }

    private void SetPath(ReadOnlySpan<byte> path, int shared)
    {
        if (path.Length > _path.Length)
            Array.Resize(ref _path, path.Length * 2);
        path[shared..].CopyTo(_path.AsSpan(shared));
        _pathLength = path.Length;
    }

    private RecordFlags Flags(in ManifestEntry entry, ReadOnlySpan<byte> content)
    {
        RecordFlags flags = (RecordFlags)entry.Type & RecordFlags.TypeMask;
        if (entry.Mode == _last.Mode && entry.UserId == _last.UserId && entry.GroupId == _last.GroupId)
            flags |= RecordFlags.SameOwner;
        if (entry.DeviceMajor == _last.DeviceMajor && entry.DeviceMinor == _last.DeviceMinor)
            flags |= RecordFlags.SameDevice;
        flags |= entry.Attributes is { Count: > 0 } ? RecordFlags.HasAttributes : 0;
        flags |= entry.ChangedWhileRead ? RecordFlags.ChangedWhileRead : 0;
        flags |= entry.ChangedAt == entry.ModifiedAt ? RecordFlags.SameTimes : 0;
        flags |= entry.BirthTime is not null ? RecordFlags.HasBirthTime : 0;
        flags |= entry.LinkCount != 1 ? RecordFlags.HasLinkCount : 0;
        flags |= content.IsEmpty ? 0 : RecordFlags.HasContent;
        flags |= (entry.NodeMajor | entry.NodeMinor) != 0 ? RecordFlags.HasNode : 0;
        return flags | (entry.LinkTarget.IsEmpty ? 0 : RecordFlags.HasTarget);
    }

    private void AppendTimes(ByteBuffer output, in ManifestEntry entry, RecordFlags flags)
    {
        AppendTime(output, entry.ModifiedAt, _last.ModifiedSeconds);
        if ((flags & RecordFlags.SameTimes) == 0)
            AppendTime(output, entry.ChangedAt, entry.ModifiedAt.Seconds);
        if (entry.BirthTime is { } birth)
            AppendTime(output, birth, entry.ModifiedAt.Seconds);
    }

    private static void AppendTime(ByteBuffer output, PosixTime time, long near)
    {
        output.AppendVarint(Varint.ZigZag(unchecked(time.Seconds - near)));
        output.AppendVarint((ulong)time.Nanoseconds);
    }

    private static void AppendRest(ByteBuffer output, in ManifestEntry entry, RecordFlags flags)
    {
        if ((flags & RecordFlags.HasLinkCount) != 0)
            output.AppendVarint(entry.LinkCount);
        if ((flags & RecordFlags.HasNode) != 0)
        {
            output.AppendVarint(entry.NodeMajor);
            output.AppendVarint(entry.NodeMinor);
        }
        if ((flags & RecordFlags.HasTarget) != 0)
            output.AppendBlob(entry.LinkTarget.Span);
        if (entry.Attributes is { Count: > 0 } attributes)
        {
            output.AppendVarint((ulong)attributes.Count);
            foreach (ExtendedAttribute attribute in attributes)
            {
                output.AppendBlob(attribute.Name.Span);
                output.AppendBlob(attribute.Value.Span);
            }
        }
    }
}
