using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace StorageEngines.Hosting;

/// <summary>Checks a plug-in by its metadata, before anything of it is loaded.</summary>
internal static class PluginInspector
{
    private const string ContractAssembly = "StorageEngines.Abstractions";
    private const ushort BlobProlog = 1;

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
            using FileStream file = File.OpenRead(path);
            using var image = new PEReader(file);
            if (!image.HasMetadata)
            {
                throw NotAnAssembly(path, null);
            }

            MetadataReader metadata = image.GetMetadataReader();
            return metadata.IsAssembly ? Examine(path, metadata) : throw NotAnAssembly(path, null);
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            // The reader checks most of what it is given; a header with absurd sizes or offsets gets through to its arithmetic.
            throw NotAnAssembly(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginException(PluginFault.LoadFailed, path, $"cannot be read: {e.Message}", e);
        }
    }

    private static PluginInspection Examine(string path, MetadataReader metadata)
    {
        (ContractVersion Contract, string Factory)? mark = null;
        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            switch (TypeOf(metadata, attribute))
            {
                case ("StorageEngines", nameof(StorageEnginePluginAttribute), ContractAssembly):
                    mark = ReadMark(path, metadata.GetBlobReader(attribute.Value));
                    break;
                case ("System.Runtime.Versioning", "TargetFrameworkAttribute", _):
                    CheckFramework(path, metadata.GetBlobReader(attribute.Value));
                    break;
            }
        }

        if (mark is not { } found)
        {
            throw new PluginException(
                PluginFault.NotAPlugin, path,
                $"is not marked as a plug-in; its project needs: [assembly: StorageEnginePlugin(\"{ContractVersion.Host}\", typeof(YourFactory))]");
        }

        return new PluginInspection(
            found.Contract, found.Factory, [.. metadata.AssemblyReferences.Select(handle => metadata.GetAssemblyReference(handle).GetAssemblyName())]);
    }

    private static (string Space, string Name, string Assembly) TypeOf(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return default;
        }

        EntityHandle parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
        {
            return default;
        }

        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        string assembly = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : "";
        return (metadata.GetString(type.Namespace), metadata.GetString(type.Name), assembly);
    }

    private static (ContractVersion Contract, string Factory) ReadMark(string path, BlobReader blob)
    {
        if (blob.ReadUInt16() != BlobProlog
            || !ContractVersion.TryParse(blob.ReadSerializedString(), out ContractVersion contract)
            || blob.ReadSerializedString() is not { Length: > 0 } factory)
        {
            throw new PluginException(PluginFault.NotAPlugin, path,
                "has a StorageEnginePlugin attribute that cannot be read; wanted are a contract version such as \"1.0\" and a type.");
        }

        return (contract, factory.Split(',')[0]);
    }

    private static void CheckFramework(string path, BlobReader blob)
    {
        string name = blob.ReadUInt16() == BlobProlog ? blob.ReadSerializedString() ?? "" : "";
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
