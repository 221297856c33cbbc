using System.Reflection;
using System.Runtime.CompilerServices;

namespace StorageEngines.Architecture.Tests;

/// <summary>Prints the public surface of an assembly, one member a line, in a fixed order.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string[] Describe(Assembly assembly)
        => [.. assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Describe)];

    private static IEnumerable<string> Describe(Type type)
    {
        string name = Name(type);
        yield return $"{Kind(type)} {name}{Bases(type)}";
        if (type.IsEnum)
        {
            foreach (FieldInfo value in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return $"{name}.{value.Name} = {Convert.ToInt64(value.GetRawConstantValue(), null)}";
            }

            yield break;
        }

        foreach (string member in type.GetMembers(Declared).Select(member => Member(member)).OfType<string>().Order(StringComparer.Ordinal))
        {
            yield return $"{name}.{member}";
        }
    }

    private static string Kind(Type type)
        => type.IsEnum ? "enum"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class" : "class";

    private static string Bases(Type type)
    {
        IEnumerable<Type> bases = type.IsEnum ? [] : (type.BaseType is { } b && b != typeof(object) && b != typeof(ValueType) ? new[] { b } : []).Concat(type.GetInterfaces());
        string[] names = [.. bases.Where(t => t.IsPublic || t.IsNested).Select(Name).Order(StringComparer.Ordinal)];
        return names.Length == 0 ? "" : " : " + string.Join(", ", names);
    }

    private static string? Member(MemberInfo member) => member switch
    {
        MethodInfo method when Visible(method) && !method.IsSpecialName && !Generated(method) => Method(method, Name(method.ReturnType)),
        MethodInfo method when Visible(method) && method.Name.StartsWith("op_", StringComparison.Ordinal) && !Generated(method) => Method(method, Name(method.ReturnType)),
        ConstructorInfo constructor when Visible(constructor) => $"new({Parameters(constructor)})",
        PropertyInfo property when property.GetAccessors(true).Any(Visible) && !Generated(property) => $"{property.Name} : {Name(property.PropertyType)} {{ {Accessors(property)} }}",
        FieldInfo { IsPublic: true } field => $"{field.Name} : {Name(field.FieldType)}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}",
        EventInfo e when Visible(e.AddMethod!) => $"event {e.Name} : {Name(e.EventHandlerType!)}",
        _ => null,
    };

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool Generated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), false) && member is not PropertyInfo;

    private static string Method(MethodInfo method, string result)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        string how = method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "";
        return $"{method.Name}{generic}({Parameters(method)}) : {how}{result}";
    }

    private static string Accessors(PropertyInfo property)
    {
        List<string> accessors = [];
        if (property.GetMethod is { } get && Visible(get))
        {
            accessors.Add(get.IsStatic ? "static get" : get.IsAbstract ? "abstract get" : get.IsVirtual && !get.IsFinal ? "virtual get" : "get");
        }

        if (property.SetMethod is { } set && Visible(set))
        {
            accessors.Add(set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init" : "set");
        }

        return string.Join("; ", accessors);
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{(parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? "ref " : "")}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Default(parameter.DefaultValue)}" : "")}"));

    private static string Default(object? value) => value switch { null => "default", string text => $"\"{text}\"", _ => value.ToString()! };

    private static string Name(Type type)
    {
        if (type.IsByRef || type.IsArray)
        {
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : "");
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        string name = (type.IsNested ? Name(type.DeclaringType!) + "." : type.Namespace is { } space && space.StartsWith("StorageEngines", StringComparison.Ordinal) ? space + "." : "")
            + type.Name.Split('`')[0];
        return type.IsGenericType && type.Name.Contains('`') ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
