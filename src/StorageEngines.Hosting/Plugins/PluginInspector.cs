using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Hosting;

/// <summary>Checks a plug-in by its metadata, before anything of it is loaded.</summary>
internal static class PluginInspector
{
    private const string ContractAssembly = "StorageEngines.Abstractions";
    private const ushort BlobProlog = 1;
    private const int FirstAssembly = (1 << 5) | 14; // Row 1 of the table that has the number 14 among those with attributes.

    public static PluginInspection Inspect(PluginManifest manifest)
    {
        string path = manifest.EntryAssembly;
        CheckHostAgainst(manifest);
        if (!File.Exists(path))
        {
            throw new PluginException(PluginFault.EntryMissing, path, $"is not there, although {PluginManifest.FileName} beside it names it.");
        }

        PluginInspection inspection = ReadMetadata(path);
        CheckContract(path, inspection.Contract, manifest);
        return inspection;
    }

    private static void CheckHostAgainst(PluginManifest manifest)
    {
        ContractVersion host = ContractVersion.Host;
        if (manifest.MinContract.CompareTo(host) > 0)
        {
            throw TooNew(manifest.EntryAssembly, manifest.MinContract);
        }

        if (manifest.MaxContract.Major < host.Major)
        {
            throw TooOld(manifest.EntryAssembly, manifest.MaxContract);
        }
    }

    private static void CheckContract(string path, ContractVersion contract, PluginManifest manifest)
    {
        ContractVersion host = ContractVersion.Host;
        if (contract.Major < host.Major)
        {
            throw TooOld(path, contract);
        }

        if (contract.CompareTo(host) > 0)
        {
            throw TooNew(path, contract);
        }

        if (contract.CompareTo(manifest.MinContract) < 0 || contract.CompareTo(manifest.MaxContract) > 0)
        {
            throw new PluginException(
                PluginFault.ManifestMismatch, path,
                $"was built for engine contract {contract}, but its {PluginManifest.FileName} says "
                + $"{manifest.MinContract} to {manifest.MaxContract}; correct one of them.");
        }
    }

    private static PluginInspection ReadMetadata(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            return PortableExecutable.Metadata(file) is { } bytes && new MetadataTables(bytes) is var metadata && metadata.Rows(MetadataTables.Assembly) > 0
                ? Examine(path, metadata)
                : throw NotAnAssembly(path, null);
        }
        catch (Exception e) when (e is BadImageFormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw NotAnAssembly(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginException(PluginFault.LoadFailed, path, $"cannot be read: {e.Message}", e);
        }
    }

    private static PluginInspection Examine(string path, MetadataTables metadata)
    {
        (ContractVersion Contract, string Factory)? mark = null;
        for (int row = 1; row <= metadata.Rows(MetadataTables.CustomAttribute); row++)
        {
            if (metadata.Cell(MetadataTables.CustomAttribute, row, 0) != FirstAssembly)
            {
                continue;
            }

            switch (TypeOf(metadata, metadata.Cell(MetadataTables.CustomAttribute, row, 1)))
            {
                case ("StorageEngines", nameof(StorageEnginePluginAttribute), ContractAssembly):
                    mark = ReadMark(path, new MetadataBlob(metadata.Bytes(metadata.Cell(MetadataTables.CustomAttribute, row, 2))));
                    break;
                case ("System.Runtime.Versioning", "TargetFrameworkAttribute", _):
                    CheckFramework(path, new MetadataBlob(metadata.Bytes(metadata.Cell(MetadataTables.CustomAttribute, row, 2))));
                    break;
            }
        }

        return mark is { } found
            ? new PluginInspection(found.Contract, found.Factory, Token(metadata, found.Factory), References(metadata))
            : throw new PluginException(
                PluginFault.NotAPlugin, path,
                $"is not marked as a plug-in; its project needs: [assembly: StorageEnginePlugin(\"{ContractVersion.Host}\", typeof(YourFactory))]");
    }

    // By its token a type is found without the runtime's parser of names, whose vector code is compiled at each start.
    private static int Token(MetadataTables metadata, string type)
    {
        int dot = type.LastIndexOf('.');
        for (int row = 1; dot > 0 && row <= metadata.Rows(MetadataTables.TypeDef); row++)
        {
            if (metadata.IsName(metadata.Cell(MetadataTables.TypeDef, row, 1), type.AsSpan(dot + 1)) && metadata.IsName(metadata.Cell(MetadataTables.TypeDef, row, 2), type.AsSpan(0, dot)))
            {
                return (MetadataTables.TypeDef << 24) | row;
            }
        }

        return 0;
    }

    private static (string Name, Version Version)[] References(MetadataTables metadata)
    {
        var references = new (string, Version)[metadata.Rows(MetadataTables.AssemblyRef)];
        for (int i = 0; i < references.Length; i++)
        {
            int Number(int column) => metadata.Cell(MetadataTables.AssemblyRef, i + 1, column);
            references[i] = (metadata.Name(Number(6)), new Version(Number(0), Number(1), Number(2), Number(3)));
        }

        return references;
    }

    // The constructor of an attribute that another assembly has is a member (3) of a type (1) of an assembly (2).
    private static (string Space, string Name, string Assembly) TypeOf(MetadataTables metadata, int constructor)
    {
        if ((constructor & 7) != 3 || metadata.Cell(MetadataTables.MemberRef, constructor >> 3, 0) is var parent && (parent & 7) != 1)
        {
            return default;
        }

        int type = parent >> 3;
        int scope = metadata.Cell(MetadataTables.TypeRef, type, 0);
        return (
            metadata.Name(metadata.Cell(MetadataTables.TypeRef, type, 2)),
            metadata.Name(metadata.Cell(MetadataTables.TypeRef, type, 1)),
            (scope & 3) == 2 ? metadata.Name(metadata.Cell(MetadataTables.AssemblyRef, scope >> 2, 6)) : "");
    }

    private static (ContractVersion Contract, string Factory) ReadMark(string path, MetadataBlob blob)
    {
        if (blob.Half() != BlobProlog || !ContractVersion.TryParse(blob.Text(), out ContractVersion contract) || blob.Text() is not { Length: > 0 } factory)
        {
            throw new PluginException(PluginFault.NotAPlugin, path,
                "has a StorageEnginePlugin attribute that cannot be read; wanted are a contract version such as \"1.0\" and a type.");
        }

        return (contract, factory.Split(',')[0]);
    }

    private static void CheckFramework(string path, MetadataBlob blob)
    {
        string name = blob.Half() == BlobProlog ? blob.Text() ?? "" : "";
        int at = name.IndexOf("Version=v", StringComparison.Ordinal);
        bool isModern = name.StartsWith(".NETCoreApp", StringComparison.Ordinal) && at > 0
            && Version.TryParse(name[(at + 9)..].Split(',')[0], out Version? version)
            && version.Major <= Environment.Version.Major;
        if (!isModern && !name.StartsWith(".NETStandard", StringComparison.Ordinal))
        {
            throw new PluginException(PluginFault.WrongFramework, path,
                $"targets '{name}'; this process runs .NET {Environment.Version}. Build it for net{Environment.Version.Major}.0 or older.");
        }
    }

    private static PluginException TooNew(string path, ContractVersion contract) => new(
        PluginFault.ContractTooNew, path,
        $"needs engine contract {contract} or newer; this host speaks {ContractVersion.Host}. Update the host, or install an older plug-in.");

    private static PluginException TooOld(string path, ContractVersion contract) => new(
        PluginFault.ContractTooOld, path, $"was built for engine contract {contract}; this host speaks {ContractVersion.Host}. Install a newer plug-in.");

    private static PluginException NotAnAssembly(string path, Exception? cause) => new(PluginFault.NotAnAssembly, path,
        "is not a .NET assembly; nothing of it was loaded.", cause);
}
