using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>A content that lives in a clone: a file of the store that shares its blocks with the volume's.</summary>
/// <param name="SnapshotId">The snapshot that it belongs to.</param>
/// <param name="Number">Tells the clones of that snapshot apart.</param>
/// <param name="Stamp">The clone's mtime. Nobody moves it but who writes to the clone.</param>
internal readonly record struct CloneRef(Guid SnapshotId, ulong Number, PosixTime Stamp)
{
    /// <summary>The clone's name in the store's directory <c>clones</c>.</summary>
    internal string FileName => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{SnapshotId:N}-{Number:x}.clone");

    /// <summary>The id of the snapshot that a clone belongs to, from the clone's name; null if it is no such name.</summary>
    internal static string? Owner(string fileName) => fileName.Length > 33 && fileName[32] == '-' && Store.StoreFiles.IsId(fileName[..32]) ? fileName[..32] : null;

    /// <summary>The content as it stands in an entry.</summary>
    internal FileContent ToContent()
    {
        var output = new ByteBuffer(48);
        output.Append([FileContent.Clone]);
        SnapshotId.TryWriteBytes(output.Extend(16), bigEndian: true, out _);
        output.AppendVarint(Number);
        output.AppendVarint(Varint.ZigZag(Stamp.Seconds));
        output.AppendVarint((ulong)Stamp.Nanoseconds);
        return new FileContent(output.Span.ToArray(), null);
    }

    /// <summary>Reads a content of kind <see cref="FileContent.Clone"/>.</summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static CloneRef Read(FileContent content)
    {
        var input = new SpanReader(content.Encoded.Span, content.Owner?.Name ?? "the entry", 0);
        if (input.ReadByte() != FileContent.Clone)
            throw input.Corrupt("the content is not a clone");
        var clone = new CloneRef(new Guid(input.ReadBytes(16), bigEndian: true), input.ReadVarint(), new PosixTime(input.ReadSigned(), input.ReadNanoseconds()));
        return input.AtEnd ? clone : throw input.Corrupt("bytes follow the clone");
    }
}
