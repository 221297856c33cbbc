using System.Globalization;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>What is asked of an image now and then. Blocks.</summary>
internal static unsafe class NativeImageFacts
{
    /// <summary>Who has it open for writing.</summary>
    internal static List<string> Watchers(ClusterConnection connection, ImageHandle image, RbdImage about)
    {
        nuint count = 16;
        while (true)
        {
            var watchers = new RbdWatcher[count];
            fixed (RbdWatcher* start = watchers)
            {
                int result = Rbd.ListWatchers(image, start, &count);
                if (result == -Errno.ERANGE)
                {
                    count += 8;
                    continue;
                }

                Check(connection, "list watchers of", about, result);
                List<string> found = [];
                for (int i = 0; i < (int)count; i++)
                {
                    found.Add(string.Create(CultureInfo.InvariantCulture, $"{NativeText.Read(watchers[i].Address)} (client.{watchers[i].Client})"));
                }

                if (count > 0)
                {
                    Rbd.FreeWatchers(start, count);
                }

                return found;
            }
        }
    }

    /// <summary>The clones of the snapshot that it stands at.</summary>
    internal static List<string> Children(ClusterConnection connection, ImageHandle image, RbdImage about)
    {
        nuint count = 16;
        while (true)
        {
            var images = new RbdLinkedImage[count];
            fixed (RbdLinkedImage* start = images)
            {
                int result = Rbd.ListChildren(image, start, &count);
                if (result == -Errno.ERANGE)
                {
                    count += 8;
                    continue;
                }

                Check(connection, "list clones of", about, result);
                List<string> found = [];
                for (int i = 0; i < (int)count; i++)
                {
                    string path = new ImagePath(NativeText.Read(images[i].Pool), NativeText.Read(images[i].Namespace), NativeText.Read(images[i].Name)).ToString();
                    found.Add(images[i].IsInTrash != 0 ? $"{path} (in the trash)" : path);
                }

                if (count > 0)
                {
                    Rbd.FreeChildren(start, count);
                }

                return found;
            }
        }
    }

    /// <summary>The group that it is in; null for none.</summary>
    internal static GroupPlace? Group(ClusterConnection connection, ImageHandle image, RbdImage about)
    {
        RbdGroupInfo info;
        Check(connection, "find group of", about, RbdGroups.Of(image, &info, (nuint)sizeof(RbdGroupInfo)));
        string name = NativeText.Read(info.Name);
        GroupPlace? found = info.Pool < 0 || name.Length == 0 ? null : new GroupPlace(info.Pool, about.Key.Namespace, name);
        _ = RbdGroups.FreeInfo(&info, (nuint)sizeof(RbdGroupInfo));
        return found;
    }

    private static void Check(ClusterConnection connection, string operation, RbdImage about, int result)
    {
        if (result < 0)
        {
            throw connection.Failure(operation, about.Path.ToString(), -result);
        }
    }
}
