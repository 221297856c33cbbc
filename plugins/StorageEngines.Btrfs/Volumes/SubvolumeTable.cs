using System.Text;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>All subvolumes of a file system as they were at one moment, and where they are. Not thread-safe. To be disposed.</summary>
/// <param name="fileSystem">The file system's id.</param>
internal abstract class SubvolumeTable(Guid fileSystem) : IDisposable
{
    /// <summary>The file system's id.</summary>
    internal Guid FileSystem => fileSystem;

    /// <summary>All of them, in the order of their ids.</summary>
    internal IReadOnlyCollection<SubvolumeDetails> All
    {
        get
        {
            var all = new List<SubvolumeDetails>(ById.Count);
            foreach (KeyValuePair<ulong, SubvolumeDetails> each in ById)
            {
                all.Add(each.Value);
            }

            return all;
        }
    }

    /// <summary>All of them by their ids.</summary>
    protected Dictionary<ulong, SubvolumeDetails> ById { get; } = [];

    /// <summary>Finds a subvolume by its uuid.</summary>
    internal SubvolumeDetails? Find(Guid uuid)
    {
        foreach (KeyValuePair<ulong, SubvolumeDetails> each in ById)
        {
            if (each.Value.Uuid == uuid)
            {
                return each.Value;
            }
        }

        return null;
    }

    /// <summary>Finds a subvolume by its id.</summary>
    internal SubvolumeDetails? Find(ulong id) => ById.GetValueOrDefault(id);

    /// <summary>The path from the top level, beginning with <c>/</c>; null if it cannot be told because the subvolume is being deleted.</summary>
    internal abstract BytePath? TopLevelPath(SubvolumeDetails subvolume);

    /// <summary>Where the subvolume can be reached now; null if no mount shows it.</summary>
    internal abstract BytePath? VisiblePath(SubvolumeDetails subvolume);

    /// <summary>Where the subvolume itself is mounted.</summary>
    internal abstract IReadOnlyList<BytePath> MountsOf(SubvolumeDetails subvolume);

    /// <summary>The uuid as ids have it.</summary>
    internal static string Text(Guid uuid) => uuid.ToString("D");

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out Guid uuid) => Guid.TryParseExact(Encoding.ASCII.GetString(text), "D", out uuid);

    /// <inheritdoc/>
    public abstract void Dispose();
}
