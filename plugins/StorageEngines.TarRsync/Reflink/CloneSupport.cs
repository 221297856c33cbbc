using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Whether snapshots of a volume may be clones. It is not tried, since a question writes nothing; so the answer may be yes where it is no.</summary>
internal static class CloneSupport
{
    /// <summary>Says whether the snapshots of an image, or the large files in those of a tree, may be clones.</summary>
    internal static bool MayClone(ReflinkMode mode, VolumePlace place, string storeDirectory)
    {
        if (mode == ReflinkMode.Never || place.FileSystem is not ("xfs" or "btrfs" or "bcachefs"))
            return false;
        try
        {
            FileStatus volume = FileStatus.GetPath(place.Location.Span);
            string there = storeDirectory;
            while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
                there = parent;
            using DirectoryHandle store = DirectoryHandle.Open(Encoding.UTF8.GetBytes(there));
            FileStatus status = FileStatus.Get(store);
            // The subvolumes of a Btrfs have different device numbers and share blocks all the same.
            bool same = place.FileSystem == "btrfs" || (status.DeviceMajor == volume.DeviceMajor && status.DeviceMinor == volume.DeviceMinor);
            return (volume.IsRegular || volume.IsDirectory) && same && Statfs.Get(store).Name == place.FileSystem;
        }
        catch (PosixException)
        {
            return false; // What may not be looked at cannot be cloned into.
        }
    }

    /// <summary>The unit of a volume's changed extents, in bytes, if its snapshots are clones.</summary>
    internal static long GrainBytes(VolumePlace place)
    {
        using SafeFileHandle image = FileHandle.OpenRead(place.Location.Span);
        return Math.Max(4096, Statfs.Get(image).BlockSize);
    }
}
