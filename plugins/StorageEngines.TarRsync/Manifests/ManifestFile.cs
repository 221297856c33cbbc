using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>An open manifest: its trailer, its index, and access to its frames. Safe for several threads.</summary>
internal sealed class ManifestFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _length;

    private ManifestFile(string name, SafeFileHandle handle, long length)
    {
        Name = name;
        _handle = handle;
        _length = length;
    }

    /// <summary>The path, for messages.</summary>
    internal string Name { get; }

    /// <summary>Counts and places.</summary>
    internal ManifestTrailer Trailer { get; private set; }

    /// <summary>The digest that the file carries, 64 hex digits: it covers header, trailer and index, and through that every entry frame.</summary>
    internal string Digest { get; private set; } = "";

    /// <summary>Block size of the contents, in bytes.</summary>
    internal int BlockSize { get; private set; }

    /// <summary>The entry frames in order.</summary>
    internal IReadOnlyList<FramePlace> Frames { get; private set; } = [];

    /// <summary>Opens a manifest; null if there is none.</summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    /// <exception cref="StorageEngineException">It cannot be read, or its format is too new.</exception>
    internal static ManifestFile? Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));
        }
        catch (PosixException error) when (error.Errno == Errno.ENOENT)
        {
            return null;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The manifest '{path}' cannot be opened");
        }
        try
        {
            var file = new ManifestFile(path, handle, FileHandle.GetLength(handle));
            file.Load();
            return file;
        }
        catch (Exception)
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads, checks and unpacks a frame into a new array.</summary>
    internal byte[] ReadFrame(long offset, FrameKind kind, out FrameHeader header)
    {
        byte[] stored = ReadStored(offset, kind, out header);
        var raw = new byte[header.RawLength];
        if (!BlockCodecs.Unpack(header.Codec, stored.AsSpan(FrameHeader.Size, header.StoredLength), raw))
            throw StoreErrors.Corrupt(Name, offset, "the frame does not unpack to its length");
        return raw;
    }

    /// <summary>Reads, checks and unpacks an entry frame into a new array.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="buffer">A buffer to read into, which grows as needed.</param>
    internal UnpackedFrame ReadEntries(FramePlace place, ref byte[] buffer)
    {
        ReadOnlySpan<byte> stored = ReadSplit(place, ref buffer, out FrameHeader header, out int contents);
        byte[] raw = GC.AllocateUninitializedArray<byte>(header.RawLength);
        UnpackedFrame frame = UnpackRecords(place, stored, in header, contents, raw);
        if (contents > 0)
            stored.Slice(sizeof(int), contents).CopyTo(raw.AsSpan(frame.RecordsLength));
        return frame;
    }

    /// <summary>Reads, checks and unpacks an entry frame without the contents of files, if these are apart.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="buffer">A buffer to read into, which grows as needed.</param>
    /// <param name="raw">A buffer to unpack into, which grows as needed.</param>
    internal UnpackedFrame ReadStatuses(FramePlace place, ref byte[] buffer, ref byte[] raw)
    {
        ReadOnlySpan<byte> stored = ReadSplit(place, ref buffer, out FrameHeader header, out int contents);
        if (raw.Length < header.RawLength - contents)
            raw = new byte[header.RawLength - contents];
        return UnpackRecords(place, stored, in header, contents, raw) with { HasContents = contents == 0 };
    }

    /// <summary>Reads and checks an entry frame as it stands, with its header, into a buffer that grows as needed.</summary>
    internal ReadOnlySpan<byte> ReadStoredEntries(FramePlace place, ref byte[] buffer, out FrameHeader header)
    {
        ReadOnlySpan<byte> bytes = ReadStored(place.Offset, FrameKind.Entries, ref buffer, out header);
        return header.Checksum == place.Checksum ? bytes : throw StoreErrors.Corrupt(Name, place.Offset, "the frame is not the one that the index names");
    }

    /// <summary>Reads and checks a frame as it stands, with its header.</summary>
    internal byte[] ReadStored(long offset, FrameKind kind, out FrameHeader header)
    {
        byte[] bytes = [];
        ReadStored(offset, kind, ref bytes, out header);
        return bytes;
    }

    /// <summary>Reads and checks a frame as it stands, with its header, into a buffer that grows as needed.</summary>
    /// <returns>The part of the buffer that holds it.</returns>
    internal ReadOnlySpan<byte> ReadStored(long offset, FrameKind kind, ref byte[] buffer, out FrameHeader header)
    {
        if (offset < ObjectHeader.Size || offset > _length - ManifestTrailer.Size - FrameHeader.Size)
            throw StoreErrors.Corrupt(Name, offset, "a frame is said to be outside the file");
        Span<byte> head = stackalloc byte[FrameHeader.Size];
        Read(head, offset);
        header = FrameHeader.Read(head);
        bool isSplit = header.Kind == FrameKind.SplitEntries;
        if ((header.Kind != kind && !(isSplit && kind == FrameKind.Entries)) || header.StoredLength < 0 || header.StoredLength > _length - offset - FrameHeader.Size
            || head[2] != 0 || head[3] != 0 || header.Items < 0 || header.RawLength is < 0 or > FrameHeader.MaxRaw || header.StoredLength > header.RawLength + (isSplit ? sizeof(int) : 0))
            throw StoreErrors.Corrupt(Name, offset, "the frame's header is damaged");
        int length = FrameHeader.Size + header.StoredLength;
        if (buffer.Length < length)
            buffer = new byte[length];
        Span<byte> bytes = buffer.AsSpan(0, length);
        Read(bytes, offset);
        if (!header.Matches(bytes[FrameHeader.Size..]))
            throw StoreErrors.Corrupt(Name, offset, "the frame's checksum does not match");
        return bytes;
    }

    /// <summary>The last frame that can hold a path: the last one that begins at or before it; 0 if none does.</summary>
    internal int FrameFor(ReadOnlySpan<byte> path)
    {
        int low = 0;
        int high = Frames.Count - 1;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (TreeOrder.Compare(Frames[middle].FirstPath, path) <= 0)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private ReadOnlySpan<byte> ReadSplit(FramePlace place, ref byte[] buffer, out FrameHeader header, out int contents)
    {
        ReadOnlySpan<byte> stored = ReadStoredEntries(place, ref buffer, out header)[FrameHeader.Size..];
        contents = 0;
        if (header.Kind == FrameKind.SplitEntries)
        {
            contents = stored.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(stored);
            if (contents < 0 || contents > header.RawLength || contents > stored.Length - sizeof(int))
                throw StoreErrors.Corrupt(Name, place.Offset, "the frame's contents are longer than the frame");
        }
        return stored;
    }

    private UnpackedFrame UnpackRecords(FramePlace place, ReadOnlySpan<byte> stored, in FrameHeader header, int contents, byte[] raw)
    {
        bool isSplit = header.Kind == FrameKind.SplitEntries;
        int records = header.RawLength - contents;
        if (!BlockCodecs.Unpack(header.Codec, isSplit ? stored[(sizeof(int) + contents)..] : stored, raw.AsSpan(0, records)))
            throw StoreErrors.Corrupt(Name, place.Offset, "the frame does not unpack to its length");
        return new UnpackedFrame(raw, records, header.Items, place.Offset, isSplit, header.RawLength);
    }

    private void Load()
    {
        if (_length < ObjectHeader.Size + ManifestTrailer.Size)
            throw StoreErrors.Corrupt(Name, _length, "the manifest is cut short");
        Span<byte> head = stackalloc byte[ObjectHeader.Size];
        Read(head, 0);
        BlockSize = ObjectHeader.Read(head, ObjectHeader.ManifestMagic, Name).BlockSize;
        Span<byte> tail = stackalloc byte[ManifestTrailer.Size];
        Read(tail, _length - ManifestTrailer.Size);
        Trailer = ManifestTrailer.Read(head, tail, Name, _length - ManifestTrailer.Size);
        Digest = ManifestTrailer.Digest(tail);
        byte[] index = ReadFrame(Trailer.IndexOffset, FrameKind.Index, out FrameHeader header);
        if (header.Checksum != Trailer.IndexChecksum || header.Items != Trailer.EntryFrames)
            throw StoreErrors.Corrupt(Name, Trailer.IndexOffset, "the index is not the one that belongs to the trailer");
        Frames = FramePlace.ReadIndex(index, header.Items, Name, Trailer.IndexOffset);
    }

    private void Read(Span<byte> bytes, long offset)
    {
        try
        {
            if (FileHandle.ReadAt(_handle, bytes, offset) != bytes.Length)
                throw StoreErrors.Corrupt(Name, offset, "the manifest is cut short");
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The manifest '{Name}' cannot be read");
        }
    }
}
