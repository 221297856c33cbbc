using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// What owner, group and mode the system gives to a new file: that follows from the directory (set-group-id, default ACL), the umask and the mode asked for, so that
/// the first file of a directory tells for the others. Not thread-safe.
/// </summary>
internal sealed class BirthAttributes
{
    private const int MostModes = 8;

    private readonly List<(uint Asked, Attributes Given)> _known = [];
    private byte[] _directory = [];

    /// <summary>The attributes of a file that was just made.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="mode">The mode that was asked for.</param>
    /// <exception cref="PosixException">They cannot be had.</exception>
    internal Attributes Of(SafeFileHandle file, ReadOnlySpan<byte> path, uint mode)
    {
        ReadOnlySpan<byte> directory = path[..(path.LastIndexOf((byte)'/') + 1)];
        if (!directory.SequenceEqual(_directory))
        {
            _known.Clear();
            _directory = directory.ToArray();
        }

        foreach ((uint asked, Attributes given) in _known)
        {
            if (asked == mode)
            {
                return given;
            }
        }

        var found = new Attributes(FileStatus.Get(file));
        if (_known.Count < MostModes)
        {
            _known.Add((mode, found));
        }

        return found;
    }

    /// <summary>A directory may give others now.</summary>
    internal void Forget() => _known.Clear();

    /// <summary>What a file has.</summary>
    internal readonly record struct Attributes(uint UserId, uint GroupId, uint Mode)
    {
        internal Attributes(in FileStatus status)
            : this(status.UserId, status.GroupId, status.Mode)
        {
        }
    }
}
