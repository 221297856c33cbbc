using System.Text.Json;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>The file <c>.volume.json</c> in a volume's snapshot directory: which subvolumes have been the volume. There is none before the first roll back.</summary>
internal static class VolumeFile
{
    private const int MaximumBytes = 1 << 20;
    private static readonly byte[] FileName = ".volume.json"u8.ToArray();

    /// <summary>Reads it; empty if there is none.</summary>
    /// <param name="snapshotDirectory">The volume's snapshot directory, open.</param>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static IReadOnlyList<Guid> Read(DirectoryHandle snapshotDirectory)
    {
        if (SmallFile.TryRead(snapshotDirectory, FileName, MaximumBytes) is not { } bytes)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return [.. document.RootElement.GetProperty("subvolumes").EnumerateArray().Select(each => each.GetGuid())];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptDataException(".volume.json of a volume's snapshots", null, "it is damaged; restore it, or remove it, which separates the snapshots from before a roll back from the volume") { Engine = BtrfsEngineFactory.SchemeName };
        }
    }

    /// <summary>Finds what is noted of a volume by its snapshots, wherever they are; nothing if it has none. The last one comes first.</summary>
    internal static IEnumerable<Guid> Find(SubvolumeTable table, VolumeKey key)
    {
        byte[] name = key.DirectoryName;
        foreach (SubvolumeDetails each in table.All.Where(each => each.IsReadOnly && each.Name.AsSpan().SequenceEqual(SnapshotCatalog.DataName)))
        {
            if (table.VisiblePath(each) is { } path && path.Parent.Parent is { } store && store.Name.Span.SequenceEqual(name))
            {
                using DirectoryHandle directory = DirectoryHandle.Open(store.Span);
                return Read(directory).Reverse();
            }
        }

        return [];
    }

    /// <summary>Writes it whole and durably.</summary>
    internal static void Write(DirectoryHandle snapshotDirectory, IReadOnlyList<Guid> lives)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, 1);
            json.WriteStartArray("subvolumes"u8);
            foreach (Guid life in lives)
            {
                json.WriteStringValue(life);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        AtomicFile.Write(snapshotDirectory, FileName, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
